//! What wgpu makes for us: compiled kernels, and their bindings.

use super::Kernels;
use super::scope::caught;
use crate::Error;

/// A compiled kernel.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub(crate) pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    /// The label of everything that belongs to it.
    pub(crate) label: String,
}

/// A part of a buffer for one binding: its number, the buffer, the offset and the size in bytes.
pub(super) type Binding<'a> = (u32, &'a wgpu::Buffer, u64, u64);

impl Kernels {
    /// An entry point of a module, compiled; without a layout, with the bindings that it uses.
    pub(super) fn compile(
        &self,
        label: String,
        source: String,
        entry_point: &str,
        layout: Option<&wgpu::PipelineLayout>,
    ) -> Result<Kernel, Error> {
        let make = || {
            let source = wgpu::ShaderSource::Wgsl(source.into());
            let label = Some(label.as_str());
            let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
            let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label,
                layout,
                module: &module,
                entry_point: Some(entry_point),
                // Reductions write all of their workgroup memory before they read it.
                compilation_options: wgpu::PipelineCompilationOptions {
                    zero_initialize_workgroup_memory: false,
                    ..Default::default()
                },
                cache: self.cache.as_ref(),
            });
            let layout = pipeline.get_bind_group_layout(0);
            (pipeline, layout)
        };
        let (pipeline, layout) = caught(&self.device, || format!("the kernel `{label}`"), make)?;
        Ok(Kernel { pipeline, layout, label })
    }

    /// The bindings of one dispatch.
    pub(super) fn bind(&self, kernel: &Kernel, bindings: &[Binding<'_>]) -> Result<wgpu::BindGroup, Error> {
        let Kernel { layout, label, .. } = kernel;
        let entry = |&(binding, buffer, offset, size)| {
            let buffer = wgpu::BufferBinding { buffer, offset, size: wgpu::BufferSize::new(size) };
            wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::Buffer(buffer) }
        };
        let entries: Vec<_> = bindings.iter().map(entry).collect();
        let make = || {
            self.device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some(label), layout, entries: &entries })
        };
        caught(&self.device, || format!("the buffers of `{label}`"), make)
    }
}

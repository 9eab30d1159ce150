//! What wgpu makes for us: compiled kernels, and their bindings.

use super::Kernels;
use super::scope::caught;
use crate::Error;

/// A part of a buffer for one binding: its number, the buffer, the offset and the size in bytes.
pub(super) type Binding<'a> = (u32, &'a wgpu::Buffer, u64, u64);

impl Kernels {
    /// An entry point of a module, compiled; without a layout, with the bindings that it uses.
    pub(super) fn compile(
        &self,
        label: &str,
        source: String,
        entry_point: &str,
        layout: Option<&wgpu::PipelineLayout>,
    ) -> Result<wgpu::ComputePipeline, Error> {
        let make = || {
            let source = wgpu::ShaderSource::Wgsl(source.into());
            let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(label), source });
            self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(label),
                layout,
                module: &module,
                entry_point: Some(entry_point),
                // Reductions write all of their workgroup memory before they read it.
                compilation_options: wgpu::PipelineCompilationOptions {
                    zero_initialize_workgroup_memory: false,
                    ..Default::default()
                },
                cache: None,
            })
        };
        caught(&self.device, || label.to_owned(), make).map_err(|error| match error {
            Error::Wgpu { what: kernel, message } => Error::Compile { kernel, message },
            other => other,
        })
    }

    /// The bindings of one dispatch.
    pub(super) fn bind(
        &self,
        label: &str,
        pipeline: &wgpu::ComputePipeline,
        bindings: &[Binding<'_>],
    ) -> Result<wgpu::BindGroup, Error> {
        let entry = |&(binding, buffer, offset, size)| {
            let buffer = wgpu::BufferBinding { buffer, offset, size: wgpu::BufferSize::new(size) };
            wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::Buffer(buffer) }
        };
        let entries: Vec<_> = bindings.iter().map(entry).collect();
        let make = || {
            self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(label),
                layout: &pipeline.get_bind_group_layout(0),
                entries: &entries,
            })
        };
        caught(&self.device, || format!("the buffers of `{label}`"), make)
    }
}

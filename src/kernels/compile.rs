//! What wgpu makes for us: compiled kernels, and their bindings.

use super::Kernels;
use super::scope::caught;
use super::slice::ELEMENT;
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
            let module = self
                .device
                .create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
            let pipeline = self
                .device
                .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
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
        let (pipeline, layout) =
            caught(&self.device, || label.clone(), make).map_err(|error| match error {
                Error::Wgpu {
                    what: kernel,
                    message,
                } => Error::Compile { kernel, message },
                other => other,
            })?;
        Ok(Kernel {
            pipeline,
            layout,
            label,
        })
    }

    /// The bindings of one dispatch. `arguments` are the caller's among them, by name.
    pub(super) fn bind<'a>(
        &self,
        kernel: &Kernel,
        bindings: &[Binding<'_>],
        arguments: impl FnOnce() -> Vec<(&'static str, &'a wgpu::Buffer)>,
    ) -> Result<wgpu::BindGroup, Error> {
        let Kernel { layout, label, .. } = kernel;
        let entry = |&(binding, buffer, offset, size)| {
            let buffer = wgpu::BufferBinding {
                buffer,
                offset,
                size: wgpu::BufferSize::new(size),
            };
            wgpu::BindGroupEntry {
                binding,
                resource: wgpu::BindingResource::Buffer(buffer),
            }
        };
        let entries: Vec<_> = bindings.iter().map(entry).collect();
        let make = || {
            self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(label),
                layout,
                entries: &entries,
            })
        };
        caught(&self.device, || format!("the buffers of `{label}`"), make).map_err(|error| {
            let refused = || {
                arguments()
                    .into_iter()
                    .find_map(|(argument, buffer)| self.refused(argument, buffer))
            };
            if let Error::Wgpu { .. } = error {
                refused().unwrap_or(error)
            } else {
                error
            }
        })
    }

    /// What wgpu says against a buffer, if it does: it binds none of another device, and none that is destroyed.
    fn refused(&self, argument: &'static str, buffer: &wgpu::Buffer) -> Option<Error> {
        let label = Some("wgpu-activations: is it this buffer?");
        let ty = wgpu::BufferBindingType::Storage { read_only: true };
        let layout = wgpu::BindGroupLayoutEntry {
            binding: 0,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty,
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let bind = || {
            let layout = wgpu::BindGroupLayoutDescriptor {
                label,
                entries: &[layout],
            };
            let layout = &self.device.create_bind_group_layout(&layout);
            let resource = wgpu::BufferBinding {
                buffer,
                offset: 0,
                size: wgpu::BufferSize::new(ELEMENT),
            };
            let entry = wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::Buffer(resource),
            };
            self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label,
                layout,
                entries: &[entry],
            })
        };
        match caught(&self.device, || argument.to_owned(), bind) {
            Err(Error::Wgpu { message, .. }) => Some(Error::Buffer { argument, message }),
            _ => None,
        }
    }
}

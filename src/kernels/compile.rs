//! Compiled kernels, and their bindings.

use std::sync::Arc;

use super::error_scope::{with_compile_scope, with_error_scope};
use super::slice::ELEMENT;
use super::{Kernels, lock};
use crate::Error;
use crate::wgsl::KernelKey;
use crate::wgsl::operand::{PACKED, STRIDES, UNIFORMS};

/// A part of a buffer for one binding: its number, the buffer, the offset and the size in bytes.
pub(super) type Binding<'a> = (u32, &'a wgpu::Buffer, u64, u64);

/// A compiled kernel.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub(super) pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    /// The label of everything that belongs to the kernel.
    pub(super) label: String,
    pub(super) key: KernelKey,
}

impl Kernels {
    /// The compiled kernel, from memory or new. Its layout has all bindings, whether or not the
    /// kernel reads them.
    pub(super) fn kernel(&self, mut key: KernelKey) -> Result<Arc<Kernel>, Error> {
        self.device.check()?;
        key.set_driver(*lock(&self.driver));
        if let Some(kernel) = lock(&self.kernels).get(&key) {
            return Ok(kernel.clone());
        }
        let kernel = Arc::new(self.compile(key.clone())?);
        Ok(lock(&self.kernels).entry(key).or_insert(kernel).clone())
    }

    fn compile(&self, key: KernelKey) -> Result<Kernel, Error> {
        let label = key.label();
        #[cfg(feature = "tracing")]
        let _span = tracing::debug_span!("compile", kernel = label).entered();
        let entry = |binding| layout_entry(binding, binding_type(&key, binding));
        let entries: Vec<_> = key.bindings().into_iter().map(entry).collect();
        let untranslatable = |message| Error::Compile {
            kernel: label.clone(),
            message,
        };
        let text = key
            .text()
            .map_err(|error| untranslatable(error.to_string()))?;
        let make = || {
            let label = Some(label.as_str());
            let entries = wgpu::BindGroupLayoutDescriptor {
                label,
                entries: &entries,
            };
            let layout = self.device.create_bind_group_layout(&entries);
            let pipeline_layout =
                self.device
                    .create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                        label,
                        bind_group_layouts: &[Some(&layout)],
                        immediate_size: 0,
                    });
            let source = wgpu::ShaderSource::Wgsl(text.into());
            let module = self
                .device
                .create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
            let pipeline = self
                .device
                .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                    label,
                    layout: Some(&pipeline_layout),
                    module: &module,
                    entry_point: Some(key.entry_point()),
                    // Reductions write all of their workgroup memory before they read it.
                    compilation_options: wgpu::PipelineCompilationOptions {
                        zero_initialize_workgroup_memory: false,
                        ..Default::default()
                    },
                    cache: self.cache.as_ref(),
                });
            (pipeline, layout)
        };
        let (pipeline, layout) = with_compile_scope(&self.device, &label, make)?;
        Ok(Kernel {
            pipeline,
            layout,
            label,
            key,
        })
    }

    /// The bindings of one dispatch. `arguments` are the caller's buffers with their names.
    pub(super) fn bind_group<'a, I: Iterator<Item = (&'a str, &'a wgpu::Buffer)>>(
        &self,
        kernel: &Kernel,
        bindings: &[Binding<'_>],
        arguments: impl FnOnce() -> I,
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
        let descriptor = wgpu::BindGroupDescriptor {
            label: Some(label),
            layout,
            entries: &entries,
        };
        let make = || self.device.create_bind_group(&descriptor);
        let what = || format!("the buffers of `{label}`");
        with_error_scope(&self.device, what, make).map_err(|error| {
            let refused =
                || arguments().find_map(|(argument, buffer)| self.refused(argument, buffer));
            if let Error::Wgpu { .. } = error {
                refused().unwrap_or(error)
            } else {
                error
            }
        })
    }

    /// wgpu's error for a buffer that it does not bind, such as one of another device or one that
    /// is destroyed.
    fn refused(&self, argument: &str, buffer: &wgpu::Buffer) -> Option<Error> {
        let label = Some("wgpu-activations: is it this buffer?");
        let entries = [layout_entry(
            0,
            wgpu::BufferBindingType::Storage { read_only: true },
        )];
        let bind = || {
            let layout = wgpu::BindGroupLayoutDescriptor {
                label,
                entries: &entries,
            };
            let layout = &self.device.create_bind_group_layout(&layout);
            let resource = wgpu::BufferBinding {
                buffer,
                offset: 0,
                size: wgpu::BufferSize::new(ELEMENT),
            };
            let resource = wgpu::BindingResource::Buffer(resource);
            let entries = &[wgpu::BindGroupEntry {
                binding: 0,
                resource,
            }];
            self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label,
                layout,
                entries,
            })
        };
        match with_error_scope(&self.device, || argument.to_owned(), bind) {
            Err(Error::Wgpu { message, .. }) => Some(Error::argument(
                argument,
                format!("wgpu refused the buffer: {message}"),
            )),
            _ => None,
        }
    }
}

fn binding_type(key: &KernelKey, binding: u32) -> wgpu::BufferBindingType {
    match binding {
        UNIFORMS | STRIDES => wgpu::BufferBindingType::Uniform,
        PACKED => wgpu::BufferBindingType::Storage { read_only: true },
        operand => {
            let read_only = !key.operands[operand as usize - 1].is_writable;
            wgpu::BufferBindingType::Storage { read_only }
        }
    }
}

fn layout_entry(binding: u32, ty: wgpu::BufferBindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    }
}

#[cfg(all(test, feature = "tracing"))]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::lock;
    use crate::{Activation, Error, Gpu};

    /// Keeps the kernels of spans, and how many spans have ended.
    #[derive(Clone, Default)]
    struct Spans(Arc<Mutex<(Vec<String>, usize)>>);

    impl Visit for Spans {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            lock(&self.0).0.push(format!("{field} {value:?}"));
        }
    }

    impl Subscriber for Spans {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target().starts_with("wgpu_activations") && metadata.name() == "compile"
        }
        fn new_span(&self, attributes: &Attributes<'_>) -> Id {
            attributes.record(&mut self.clone());
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, _: &Event<'_>) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {
            lock(&self.0).1 += 1;
        }
    }

    #[test]
    fn each_kernel_has_a_span() -> Result<(), Error> {
        let gpu = Gpu::new_blocking()?;
        let x = gpu.upload(&[-1.0, 2.0], [2])?;
        let spans = Spans::default();
        tracing::subscriber::with_default(spans.clone(), || {
            gpu.forward(Activation::Relu, &x)?;
            gpu.forward(Activation::Relu, &x)
        })?;
        let expected = "kernel \"wgpu-activations relu forward f32\"".to_owned();
        assert_eq!(*lock(&spans.0), (vec![expected], 1));
        Ok(())
    }
}

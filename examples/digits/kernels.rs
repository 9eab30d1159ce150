//! The network's own kernels: compiled, and bound to buffers.

use wgpu_activations::{Operation, wgpu};

use crate::data::{BATCH, CLASSES, PIXELS, TRAIN};

/// Invocations in a workgroup of the kernels that have one for each of their results.
const WORKGROUP: usize = 64;

/// One dispatch of ours, or an activation of the library's: a step of what is recorded.
pub enum Work {
    Own { pipeline: wgpu::ComputePipeline, bind_group: wgpu::BindGroup, workgroups: u32 },
    Activation(Operation),
}

impl Work {
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        match self {
            Work::Own { pipeline, bind_group, workgroups } => {
                pass.set_pipeline(pipeline);
                pass.set_bind_group(0, bind_group, &[]);
                pass.dispatch_workgroups(*workgroups, 1, 1);
            }
            Work::Activation(operation) => operation.record(pass),
        }
    }
}

/// The network's own kernels, compiled for one device.
pub struct Pipelines {
    device: wgpu::Device,
    pub forward: wgpu::ComputePipeline,
    pub backward_input: wgpu::ComputePipeline,
    pub backward_weights: wgpu::ComputePipeline,
    pub gather: wgpu::ComputePipeline,
    pub gradient: wgpu::ComputePipeline,
    pub score: wgpu::ComputePipeline,
    pub watch: wgpu::ComputePipeline,
    pub advance: wgpu::ComputePipeline,
    pub adam: wgpu::ComputePipeline,
}

impl Pipelines {
    /// `digits` is the number of all digits.
    pub fn new(device: &wgpu::Device, digits: usize) -> Self {
        let constants =
            [("PIXELS", PIXELS), ("CLASSES", CLASSES), ("BATCH", BATCH), ("TRAIN", TRAIN), ("DIGITS", digits)]
                .map(|(name, value)| format!("const {name} = {value}u;\n"))
                .concat();
        let module = |label, parts: &[&str]| {
            let source = wgpu::ShaderSource::Wgsl((constants.clone() + &parts.concat()).into());
            device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(label), source })
        };
        let pipeline = |module, entry_point: &str| {
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(&format!("digits {entry_point}")),
                layout: None,
                module,
                entry_point: Some(entry_point),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        let batch = include_str!("batch.wgsl");
        let matrix = module("digits matrix", &[include_str!("matrix.wgsl")]);
        let gather = module("digits gather", &[batch, include_str!("gather.wgsl")]);
        let loss = module("digits loss", &[batch, include_str!("loss.wgsl")]);
        let units = module("digits units", &[include_str!("units.wgsl")]);
        let adam = module("digits adam", &[batch, include_str!("adam.wgsl")]);
        Self {
            device: device.clone(),
            forward: pipeline(&matrix, "forward"),
            backward_input: pipeline(&matrix, "backward_input"),
            backward_weights: pipeline(&matrix, "backward_weights"),
            gather: pipeline(&gather, "gather"),
            gradient: pipeline(&loss, "gradient"),
            score: pipeline(&loss, "score"),
            watch: pipeline(&units, "watch"),
            advance: pipeline(&adam, "advance"),
            adam: pipeline(&adam, "adam"),
        }
    }

    /// A dispatch of at least so many invocations, with buffers at the bindings that the kernel has.
    pub fn bind<'a>(
        &self,
        pipeline: &wgpu::ComputePipeline,
        invocations: usize,
        buffers: &[(u32, &'a wgpu::Buffer)],
    ) -> Work {
        let entry = |&(binding, buffer): &(u32, &'a wgpu::Buffer)| {
            let resource = buffer.as_entire_binding();
            wgpu::BindGroupEntry { binding, resource }
        };
        let entries: Vec<_> = buffers.iter().map(entry).collect();
        let bind_group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("digits"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        Work::Own { pipeline: pipeline.clone(), bind_group, workgroups: invocations.div_ceil(WORKGROUP) as u32 }
    }
}

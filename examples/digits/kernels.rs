//! Compiles the network's own kernels, and binds them to buffers.

use wgpu_activations::{Error, Expression, Operation, wgpu};

use super::data::{BATCH, CLASSES, PIXELS, TRAIN};

const MATRIX: &str = include_str!("matrix.wgsl");

/// The workgroup size of kernels with one invocation for each result.
const WORKGROUP: usize = 64;

/// A kernel of this example, or an operation of the library, to be recorded.
pub enum Work {
    Own {
        pipeline: wgpu::ComputePipeline,
        bind_group: wgpu::BindGroup,
        workgroups: u32,
    },
    Library(Operation),
}

impl Work {
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        match self {
            Work::Own {
                pipeline,
                bind_group,
                workgroups,
            } => {
                pass.set_pipeline(pipeline);
                pass.set_bind_group(0, bind_group, &[]);
                pass.dispatch_workgroups(*workgroups, 1, 1);
            }
            Work::Library(operation) => operation.record(pass),
        }
    }
}

fn module(device: &wgpu::Device, label: &str, text: String) -> wgpu::ShaderModule {
    let source = wgpu::ShaderSource::Wgsl(text.into());
    device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(label),
        source,
    })
}

fn pipeline(
    device: &wgpu::Device,
    module: &wgpu::ShaderModule,
    entry_point: &str,
) -> wgpu::ComputePipeline {
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(&format!("digits {entry_point}")),
        layout: None,
        module,
        entry_point: Some(entry_point),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

/// The matrix kernels with bias and activation fused in.
pub struct FusedPipelines {
    pub forward: wgpu::ComputePipeline,
    pub backward_input: wgpu::ComputePipeline,
}

impl FusedPipelines {
    /// Compiles them with an expression of x, bias and perhaps learned.
    pub fn new(device: &wgpu::Device, expression: &Expression) -> Result<Self, Error> {
        let functions = expression.wgsl("our_")?;
        let operands = expression.operands().join(", ");
        let adapter = format!(
            "fn fused(x: f32, bias: f32, learned: f32) -> f32 {{ return our_expression({operands}); }}
fn fused_gradient(x: f32, bias: f32, grad_output: f32) -> f32 {{
  let learned = 0.0;  // With a learned operand this is not called.
  return our_expression_gradient_x({operands}, grad_output);
}}
"
        );
        let text = [&functions, MATRIX, &adapter, include_str!("fused.wgsl")].concat();
        let module = module(device, "digits fused", text);
        Ok(Self {
            forward: pipeline(device, &module, "forward_fused"),
            backward_input: pipeline(device, &module, "backward_input_fused"),
        })
    }
}

/// The network's own kernels, compiled for one device.
pub struct Pipelines {
    device: wgpu::Device,
    pub forward: wgpu::ComputePipeline,
    pub backward_input: wgpu::ComputePipeline,
    pub backward_weights: wgpu::ComputePipeline,
    pub gather: wgpu::ComputePipeline,
    pub score: wgpu::ComputePipeline,
    pub watch: wgpu::ComputePipeline,
    pub advance: wgpu::ComputePipeline,
    pub adam: wgpu::ComputePipeline,
}

impl Pipelines {
    /// Compiles the kernels. `digits` is the number of all digits.
    pub fn new(device: &wgpu::Device, digits: usize) -> Self {
        let constants = [
            ("PIXELS", PIXELS),
            ("CLASSES", CLASSES),
            ("BATCH", BATCH),
            ("TRAIN", TRAIN),
            ("DIGITS", digits),
        ]
        .map(|(name, value)| format!("const {name} = {value}u;\n"))
        .concat();
        let module =
            |label, parts: &[&str]| module(device, label, constants.clone() + &parts.concat());
        let pipeline = |module, entry_point| pipeline(device, module, entry_point);
        let batch = include_str!("batch.wgsl");
        let matrix = module("digits matrix", &[MATRIX]);
        let gather = module("digits gather", &[batch, include_str!("gather.wgsl")]);
        let score = module("digits score", &[include_str!("score.wgsl")]);
        let units = module("digits units", &[include_str!("units.wgsl")]);
        let adam = module("digits adam", &[batch, include_str!("adam.wgsl")]);
        Self {
            device: device.clone(),
            forward: pipeline(&matrix, "forward"),
            backward_input: pipeline(&matrix, "backward_input"),
            backward_weights: pipeline(&matrix, "backward_weights"),
            gather: pipeline(&gather, "gather"),
            score: pipeline(&score, "score"),
            watch: pipeline(&units, "watch"),
            advance: pipeline(&adam, "advance"),
            adam: pipeline(&adam, "adam"),
        }
    }

    /// Returns a dispatch of at least this many invocations, with buffers at the kernel's bindings.
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
        Work::Own {
            pipeline: pipeline.clone(),
            bind_group,
            workgroups: invocations.div_ceil(WORKGROUP) as u32,
        }
    }
}

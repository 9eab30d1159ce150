//! The least work that a kernel of a shape can do: it reads its inputs and writes as many outputs.
//! Other kernels add a known amount of arithmetic, or a formula.

use std::collections::HashMap;

use wgpu_activations::wgpu::{self, BindGroup, ComputePipeline};
use wgpu_activations::{Gpu, Slice};

use crate::formulas::HELPERS;
use crate::plan::Shape;

/// The number of threads of a workgroup, each of which copies 16 bytes.
const WORKGROUP: u64 = 256;
const BYTES: u64 = 16 * WORKGROUP;

/// The value that is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Body {
    /// The sum of the inputs' bits, which costs the same for all types.
    Copy,
    /// This number of multiplications and additions, each of which waits for the previous one.
    Chain(u32),
    /// An expression of the first input, `x`, and of the last one, `g`, with optional statements
    /// before it.
    Formula(&'static str),
}

/// Kernels that are compiled once.
pub struct Copies<'a> {
    gpu: &'a Gpu,
    pipelines: HashMap<(Shape, Body), ComputePipeline>,
}

/// A kernel that is bound to slices.
pub struct Copy {
    pipeline: ComputePipeline,
    dispatches: Vec<(BindGroup, u32, u32)>,
}

impl Copy {
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        pass.set_pipeline(&self.pipeline);
        for (bind_group, columns, rows) in &self.dispatches {
            pass.set_bind_group(0, bind_group, &[]);
            pass.dispatch_workgroups(*columns, *rows, 1);
        }
    }
}

impl<'a> Copies<'a> {
    pub fn new(gpu: &'a Gpu) -> Self {
        Self {
            gpu,
            pipelines: HashMap::new(),
        }
    }

    /// Binds a kernel to slices, of which it uses whole vectors, in pieces of a binding's size.
    pub fn copy(&mut self, shape: Shape, body: Body, slices: &[Slice<'_>]) -> Copy {
        let device = self.gpu.device();
        let pipeline = self
            .pipelines
            .entry((shape, body))
            .or_insert_with(|| compile(device, shape, body))
            .clone();
        let limits = device.limits();
        let most = u64::from(limits.max_compute_workgroups_per_dimension);
        // Pieces begin where a binding may begin, and fill the rows of a dispatch.
        let piece = limits.max_storage_buffer_binding_size / BYTES * BYTES;
        let size = slices[0].size / 16 * 16;
        let mut dispatches = vec![];
        for start in (0..size).step_by(piece as usize) {
            let bytes = piece.min(size - start);
            let groups = bytes.div_ceil(BYTES);
            let rows = groups.div_ceil(most);
            let part = |slice: &Slice<'_>| (slice.buffer.clone(), slice.offset + start, bytes);
            let bind_group = bind(
                device,
                &pipeline,
                &slices.iter().map(part).collect::<Vec<_>>(),
            );
            dispatches.push((bind_group, groups.div_ceil(rows) as u32, rows as u32));
        }
        Copy {
            pipeline,
            dispatches,
        }
    }
}

fn compile(device: &wgpu::Device, Shape { reads, writes }: Shape, body: Body) -> ComputePipeline {
    let ty = if body == Body::Copy { "u32" } else { "f32" };
    let bindings = (0..reads + writes).map(|i| {
        let access = if i < reads { "read" } else { "read_write" };
        format!("@group(0) @binding({i}) var<storage, {access}> tensor_{i}: array<vec4<{ty}>>;\n")
    });
    let sum = (0..reads)
        .map(|i| format!("tensor_{i}[i]"))
        .collect::<Vec<_>>()
        .join(" + ");
    let work = match body {
        Body::Copy => format!("let value = {sum};"),
        Body::Chain(operations) => {
            let chain = "value = value * x + 0.5; ".repeat(operations as usize / 2);
            format!("let x = {sum}; var value = x; {chain}")
        }
        Body::Formula(formula) => {
            let (statements, value) = formula.rsplit_once("; ").unwrap_or(("", formula));
            format!(
                "let x = tensor_0[i]; let g = tensor_{}[i]; {statements}; let value = {value};",
                reads - 1
            )
        }
    };
    let helpers = if matches!(body, Body::Formula(_)) {
        HELPERS
    } else {
        ""
    };
    let stores: String = (reads..reads + writes)
        .map(|i| format!("tensor_{i}[i] = value; "))
        .collect();
    let source = format!(
        "{}{helpers}@compute @workgroup_size({WORKGROUP})
fn copy(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {{
  let i = id.y * groups.x * {WORKGROUP}u + id.x;
  {work}
  if (i < arrayLength(&tensor_{reads})) {{ {stores}}}
}}",
        bindings.collect::<String>()
    );
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("copy"),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("copy"),
        layout: None,
        module: &module,
        entry_point: Some("copy"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

fn bind(
    device: &wgpu::Device,
    pipeline: &ComputePipeline,
    parts: &[(wgpu::Buffer, u64, u64)],
) -> BindGroup {
    let entries: Vec<_> = parts
        .iter()
        .zip(0..)
        .map(|((buffer, offset, size), binding)| {
            let buffer = wgpu::BufferBinding {
                buffer,
                offset: *offset,
                size: wgpu::BufferSize::new(*size),
            };
            wgpu::BindGroupEntry {
                binding,
                resource: wgpu::BindingResource::Buffer(buffer),
            }
        })
        .collect();
    let layout = &pipeline.get_bind_group_layout(0);
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("copy"),
        layout,
        entries: &entries,
    })
}

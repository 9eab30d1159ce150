//! Kernels of the page's own: a formula of x, and a copy.

use std::cell::RefCell;
use std::collections::HashMap;

use wgpu_activations::{Activation, Gpu, Slice, wgpu};

use crate::textbook::HELPERS;

/// The threads of a workgroup.
const WORKGROUP: u64 = 256;

/// A kernel that is bound to slices.
pub struct Kernel {
    pipeline: wgpu::ComputePipeline,
    bind_group: wgpu::BindGroup,
    workgroups: [u32; 2],
}

/// Kernels that are compiled once, by their texts.
#[derive(Default)]
pub struct Pipelines(RefCell<HashMap<String, wgpu::ComputePipeline>>);

impl Pipelines {
    /// Binds a kernel to slices, in the order of its bindings. It needs this number of threads.
    pub fn bind(&self, gpu: &Gpu, text: String, slices: &[Slice<'_>], threads: u64) -> Kernel {
        let device = gpu.device();
        let mut pipelines = self.0.borrow_mut();
        let pipeline = match pipelines.get(&text) {
            Some(pipeline) => pipeline.clone(),
            None => {
                let pipeline = compile(device, &text);
                pipelines.insert(text, pipeline.clone());
                pipeline
            }
        };
        let entries = slices.iter().zip(0..).map(|(slice, binding)| {
            let buffer = wgpu::BufferBinding {
                buffer: slice.buffer,
                offset: slice.offset,
                size: wgpu::BufferSize::new(slice.size),
            };
            let resource = wgpu::BindingResource::Buffer(buffer);
            wgpu::BindGroupEntry { binding, resource }
        });
        let entries: Vec<_> = entries.collect();
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("page"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let groups = threads.div_ceil(WORKGROUP);
        let most = u64::from(device.limits().max_compute_workgroups_per_dimension);
        let rows = groups.div_ceil(most);
        let workgroups = [groups.div_ceil(rows) as u32, rows as u32];
        Kernel {
            pipeline,
            bind_group,
            workgroups,
        }
    }
}

impl Kernel {
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        let [columns, rows] = self.workgroups;
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        pass.dispatch_workgroups(columns, rows, 1);
    }
}

fn compile(device: &wgpu::Device, text: &str) -> wgpu::ComputePipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("page"),
        source: wgpu::ShaderSource::Wgsl(text.into()),
    });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("page"),
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

/// A kernel whose bindings are arrays of a type: the first ones are read, and the last one is
/// written. `work` gives `value` for the thread `i`.
fn text(reads: usize, element: &str, helpers: &str, work: &str) -> String {
    let bindings = (0..=reads).map(|binding| {
        let access = if binding < reads { "read" } else { "read_write" };
        format!("@group(0) @binding({binding}) var<storage, {access}> tensor_{binding}: array<{element}>;\n")
    });
    let bindings: String = bindings.collect();
    format!(
        "{bindings}{helpers}
@compute @workgroup_size({WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {{
  let i = id.y * groups.x * {WORKGROUP}u + id.x;
  if (i < arrayLength(&tensor_{reads})) {{
    {work}
    tensor_{reads}[i] = value;
  }}
}}"
    )
}

/// The text of a kernel that computes a formula of x. Its bindings are x, the parameters of the
/// activation if it has some, and the result.
pub fn formula(activation: Activation, formula: &str) -> String {
    let parameters = activation.parameters().zip(0..);
    let parameters: String = parameters
        .map(|((parameter, _), place)| format!("let {} = tensor_1[{place}];\n    ", parameter.name))
        .collect();
    let reads = if parameters.is_empty() { 1 } else { 2 };
    let work = format!("let x = tensor_0[i];\n    {parameters}let value = {formula};");
    text(reads, "f32", HELPERS, &work)
}

/// The text of a kernel that reads this number of tensors and writes one, four elements for each
/// thread. The sum of the inputs' bits is the least work.
pub fn copy(reads: usize) -> String {
    let terms = (0..reads).map(|binding| format!(" + tensor_{binding}[i]"));
    let work = format!("let value = vec4<u32>(){};", terms.collect::<String>());
    text(reads, "vec4<u32>", "", &work)
}

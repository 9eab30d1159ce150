//! What each kernel costs, in CPU time of this process over that of a kernel that only copies: for software adapters,
//! whose work is this process's own. The contenders take turns; medians are of the turns' ratios.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use cpu_time::ProcessTime;
use wgpu_activations::wgpu::{self, BindGroup, ComputePipeline};
use wgpu_activations::{Activation, Gpu, Operation, Slice, Tensor};

/// Measures the cost of each activation's kernels over copying the same tensor
#[derive(Parser)]
struct Arguments {
    /// Elements of a tensor
    #[arg(long, default_value_t = 1 << 21)]
    elements: usize,
    /// Turns of all contenders
    #[arg(long, default_value_t = 9)]
    turns: usize,
    /// Write the ratios into this CSV file, too
    #[arg(long)]
    csv: Option<PathBuf>,
}

/// Dispatches of one contender in one turn: enough for the clock.
const REPEATS: usize = 24;

/// A copy, the least that a kernel of its shape can do, of one input or the sum of two; and the sigmoid that is the least
/// work to write, whose built-in `exp` is 58 ulp off on some drivers.
const COPY: &str = "
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> grad_output: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;
@compute @workgroup_size(256) fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&x)) { output[id.x] = x[id.x]; }
}
@compute @workgroup_size(256) fn backward(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&x)) { output[id.x] = x[id.x] + grad_output[id.x]; }
}
@compute @workgroup_size(256) fn built_in(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&x)) { output[id.x] = 1.0 / (1.0 + exp(-x[id.x])); }
}";

/// A kernel to be timed, and the seconds that its turns took.
struct Contender {
    name: String,
    record: Box<dyn Fn(&mut wgpu::ComputePass<'_>)>,
    seconds: Vec<f64>,
}

impl Contender {
    fn new(name: String, record: impl Fn(&mut wgpu::ComputePass<'_>) + 'static) -> Self {
        Self { name, record: Box::new(record), seconds: Vec::new() }
    }

    fn operation(name: String, operation: Operation) -> Self {
        Self::new(name, move |pass| operation.record(pass))
    }

    fn take_turn(&mut self, gpu: &Gpu) -> Result<()> {
        let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            (0..REPEATS).for_each(|_| (self.record)(&mut pass));
        }
        let start = ProcessTime::now();
        gpu.queue().submit([encoder.finish()]);
        gpu.device().poll(wgpu::PollType::wait_indefinitely())?;
        self.seconds.push(start.elapsed().as_secs_f64());
        Ok(())
    }

    /// The median over the turns of this contender's time over another's.
    fn ratio(&self, other: &Self) -> f64 {
        let mut ratios: Vec<_> = self.seconds.iter().zip(&other.seconds).map(|(own, other)| own / other).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }
}

fn copies(gpu: &Gpu, [x, grad_output, output]: [&Tensor; 3]) -> Result<[Contender; 3]> {
    let source = wgpu::ShaderSource::Wgsl(COPY.into());
    let module = gpu.device().create_shader_module(wgpu::ShaderModuleDescriptor { label: Some("copy"), source });
    let groups = x.len().div_ceil(4 * 256) as u32;
    let copy = |entry_point: &'static str, slices: &[(u32, Slice<'_>)]| {
        let pipeline = gpu.device().create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("copy"),
            layout: None,
            module: &module,
            entry_point: Some(entry_point),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        let bind_group = bind(gpu, &pipeline, slices);
        Contender::new(entry_point.to_owned(), move |pass| {
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &bind_group, &[]);
            pass.dispatch_workgroups(groups, 1, 1);
        })
    };
    let (x, grad_output, output) = ((0, x.slice()?), (1, grad_output.slice()?), (2, output.slice()?));
    Ok([copy("forward", &[x, output]), copy("backward", &[x, grad_output, output]), copy("built_in", &[x, output])])
}

fn bind(gpu: &Gpu, pipeline: &ComputePipeline, slices: &[(u32, Slice<'_>)]) -> BindGroup {
    let entries: Vec<_> = slices
        .iter()
        .map(|&(binding, Slice { buffer, offset, size, .. })| {
            let buffer = wgpu::BufferBinding { buffer, offset, size: wgpu::BufferSize::new(size) };
            wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::Buffer(buffer) }
        })
        .collect();
    let layout = &pipeline.get_bind_group_layout(0);
    gpu.device().create_bind_group(&wgpu::BindGroupDescriptor { label: Some("copy"), layout, entries: &entries })
}

fn main() -> Result<()> {
    let Arguments { elements, turns, csv } = Arguments::parse();
    // Whole vectors within the limits of one dispatch dimension, for the copies' sake.
    let elements = (elements / 1024).clamp(1, 65_535) * 1024;
    let gpu = Gpu::new_blocking()?;
    // Two turns of every bend: what the values are costs nothing, what branches there are is seen.
    let values: Vec<f32> = (0..elements).map(|i| (i as f32 * 0.37).sin() * 8.0).collect();
    let tensor = || gpu.upload(&values, [elements]);
    let (x, grad_output, output) = (tensor()?, tensor()?, tensor()?);
    gpu.submit()?;

    let mut contenders = copies(&gpu, [&x, &grad_output, &output])?.into_iter().collect::<Vec<_>>();
    let kernels = gpu.kernels();
    for &activation in Activation::ALL {
        let forward = kernels.forward(activation, x.slice()?, output.slice()?)?;
        contenders.push(Contender::operation(activation.info().name.to_owned(), forward));
        let backward = kernels.backward(activation, x.slice()?, grad_output.slice()?, output.slice()?)?;
        contenders.push(Contender::operation(activation.info().name.to_owned(), backward));
    }
    for turn in 0..=turns.max(1) {
        for contender in &mut contenders {
            contender.take_turn(&gpu)?;
            if turn == 0 {
                contender.seconds.clear(); // The first is to warm up.
            }
        }
    }

    let info = gpu.device().adapter_info();
    println!("{} ({} {}), {elements} elements, medians of {turns} turns", info.name, info.driver, info.driver_info);
    let (copies, kernels) = contenders.split_at(3);
    let mut rows = String::from("activation,direction,over_copy\n");
    println!("{:20} {:>8} {:>8}", "over the copy kernel", "forward", "backward");
    println!("{:20} {:8.2}", "built-in exp", copies[2].ratio(&copies[0]));
    for pair in kernels.chunks(2) {
        let (forward, backward) = (pair[0].ratio(&copies[0]), pair[1].ratio(&copies[1]));
        println!("{:20} {forward:8.2} {backward:8.2}", pair[0].name);
        rows += &format!("{0},forward,{forward:.2}\n{0},backward,{backward:.2}\n", pair[0].name);
    }
    if let Some(path) = csv {
        fs::write(path, rows)?;
    }
    Ok(())
}

//! Compiles kernels, each into a pipeline cache of its own, so that the driver's machine code can
//! be inspected.
//!
//! `cargo run --example compiled -- gelu --folder target/compiled`, and then on NVIDIA
//! `scripts/instructions.py`.

#[path = "common/function.rs"]
mod function;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Parser;
use function::Function;
use wgpu_activations::half::{bf16, f16};
use wgpu_activations::{Element, Gpu, LossInput, Operands, Tensor};

/// Compiles the forward and backward kernels of a function, for each type, into pipeline caches
/// named `FOLDER/FUNCTION PASS TYPE`.
#[derive(Parser)]
struct Arguments {
    /// The function to compile, such as `gelu`, `softmax`, `swiglu` or `cross_entropy`.
    function: Function,
    /// Write the caches into this folder.
    #[arg(long)]
    folder: PathBuf,
}

/// This shape is large enough for the kernels of large tensors, and for rows that fit a workgroup.
const SHAPE: [usize; 2] = [64, 1024];

fn name(function: Function) -> String {
    match function {
        Function::Activation(activation) => activation.info().name.to_owned(),
        Function::AlongAxis(function) => function.info().name.to_owned(),
        Function::Glu(glu) => glu.to_string(),
        Function::Loss(loss) => loss.to_string(),
        Function::Expression(expression) => expression.to_string(),
    }
}

fn run(function: Function, gpu: &Gpu, x: &Tensor, is_forward: bool) -> Result<Tensor> {
    Ok(match (function, is_forward) {
        (Function::Activation(activation), true) => gpu.forward(activation, x)?,
        (Function::Activation(activation), false) => gpu.backward(activation, x, x)?,
        (Function::AlongAxis(function), true) => gpu.forward_axis(function, -1, x)?,
        (Function::AlongAxis(function), false) => gpu.backward_axis(function, -1, x, x)?,
        (Function::Glu(glu), true) => gpu.glu(glu, x, x)?,
        (Function::Glu(glu), false) => {
            let [of_value, _] = gpu.glu_backward(glu, x, x, x)?;
            of_value
        }
        (Function::Loss(loss), _) => {
            let targets = gpu.upload_targets(&[0; SHAPE[0]], [SHAPE[0]])?;
            let input = LossInput::new(x, &targets);
            if is_forward {
                return Ok(gpu.cross_entropy(loss, -1, input)?);
            }
            let [_, gradient] = gpu.cross_entropy_with_gradient(loss, -1, input)?;
            gradient
        }
        (Function::Expression(expression), _) => {
            let operands: Operands<'_> = expression
                .operands()
                .iter()
                .map(|name| (name.as_str(), x))
                .collect();
            if is_forward {
                return Ok(gpu.evaluate(expression, operands)?);
            }
            let first = expression.operands().first().map_or("", String::as_str);
            let [of_first] = gpu.gradients(expression, operands, x, [first])?;
            of_first
        }
    })
}

fn compile<T: Element>(folder: &Path, function: Function, one: T) -> Result<()> {
    let name = name(function);
    for (pass, is_forward) in [("forward", true), ("backward", false)] {
        let folder = folder.join(format!("{name} {pass} {}", T::DTYPE));
        // SAFETY: the user names a folder for what this program compiles.
        let gpu = unsafe { Gpu::with_pipeline_cache(&folder) };
        let gpu = pollster::block_on(gpu)?;
        let x = gpu.upload(&vec![one; SHAPE[0] * SHAPE[1]], SHAPE)?;
        gpu.read_blocking([&run(function, &gpu, &x, is_forward)?])?;
        gpu.save_pipeline_cache()?;
        if !folder.is_dir() {
            bail!("{} has no pipeline cache", gpu.device().adapter_info().name);
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    let Arguments { function, folder } = Arguments::parse();
    compile(&folder, function, 1.0f32)?;
    compile(&folder, function, f16::ONE)?;
    compile(&folder, function, bf16::ONE)?;
    println!("compiled: {}", folder.display());
    Ok(())
}

//! Compiles kernels, each into a pipeline cache of its own, so that the driver's machine code can
//! be inspected.
//!
//! `cargo run --example compiled -- gelu --folder target/compiled`, and then on NVIDIA
//! `scripts/instructions.py`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Parser;
use wgpu_activations::half::{bf16, f16};
use wgpu_activations::{Activation, AxisFunction, Element, FunctionKind, Gpu, ParseError, Tensor};

/// Compiles the forward and backward kernels of a function, for each type, into pipeline caches
/// named `FOLDER/FUNCTION PASS TYPE`.
#[derive(Parser)]
struct Arguments {
    /// The activation, or the function along an axis.
    #[arg(value_parser = Function::parse)]
    function: (&'static str, Function),
    /// Write the caches into this folder.
    #[arg(long)]
    folder: PathBuf,
}

/// This shape is large enough for the kernels of large tensors, and for rows that fit a workgroup.
const SHAPE: [usize; 2] = [64, 1024];

/// The function to compile.
#[derive(Clone, Copy)]
enum Function {
    Elementwise(Activation),
    AlongAxis(AxisFunction),
}

impl Function {
    /// Parses a function and returns it with its name.
    fn parse(text: &str) -> Result<(&'static str, Self)> {
        match text.parse::<Activation>() {
            Ok(activation) => Ok((activation.info().name, Self::Elementwise(activation))),
            // The error knows whether a function along an axis has this name, or almost.
            Err(ParseError::UnknownName {
                nearest: Some((_, FunctionKind::AlongAxis)),
                ..
            }) => {
                let function: AxisFunction = text.parse()?;
                Ok((function.info().name, Self::AlongAxis(function)))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn run(self, gpu: &Gpu, x: &Tensor, is_forward: bool) -> Result<Tensor> {
        Ok(match (self, is_forward) {
            (Self::Elementwise(activation), true) => gpu.forward(activation, x)?,
            (Self::Elementwise(activation), false) => gpu.backward(activation, x, x)?,
            (Self::AlongAxis(function), true) => gpu.forward_axis(function, -1, x)?,
            (Self::AlongAxis(function), false) => gpu.backward_axis(function, -1, x, x)?,
        })
    }
}

fn compile<T: Element>(folder: &Path, name: &str, function: Function, one: T) -> Result<()> {
    for (pass, is_forward) in [("forward", true), ("backward", false)] {
        let folder = folder.join(format!("{name} {pass} {}", T::DTYPE));
        // SAFETY: the user names a folder for what this program compiles.
        let gpu = unsafe { Gpu::with_pipeline_cache(&folder) };
        let gpu = pollster::block_on(gpu)?;
        let x = gpu.upload(&vec![one; SHAPE[0] * SHAPE[1]], SHAPE)?;
        gpu.read_blocking([&function.run(&gpu, &x, is_forward)?])?;
        gpu.save_pipeline_cache()?;
        if !folder.is_dir() {
            bail!("{} has no pipeline cache", gpu.device().adapter_info().name);
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    let Arguments {
        function: (name, function),
        folder,
    } = Arguments::parse();
    compile(&folder, name, function, 1.0f32)?;
    compile(&folder, name, function, f16::ONE)?;
    compile(&folder, name, function, bf16::ONE)?;
    println!("compiled: {}", folder.display());
    Ok(())
}

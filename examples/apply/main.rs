//! Applies a function, or its gradient, to a tensor in NumPy's file format.
//!
//! `cargo run --example apply -- "elu(alpha=0.5)" --input x.npy --output y.npy`
//!
//! `cargo run --example apply -- elu --input x.npy --grad dy.npy --output dx.npy --check`
//!
//! `cargo run --example apply -- softmax --input x.npy --output y.npy --axis -1`
//!
//! `cargo run --example apply -- glu --input x.npy --output y.npy --axis 1`
//!
//! `cargo run --example apply -- "gelu(x + bias) * 2" --input x.npy --operand bias=b.npy --output y.npy`
//!
//! `zcat x.npy.gz | cargo run --example apply -- gelu --input - --output - | gzip > y.npy.gz`

mod activation;
mod along;
mod along_truth;
mod broadcast;
mod check;
#[path = "../common/exit.rs"]
mod exit;
mod expression;
#[path = "../common/function.rs"]
mod function;
mod gated;
mod input;
mod list;
mod loss;
mod npy;
mod options;
mod output;
mod pieces;
mod progress;
mod staging;
#[path = "../common/ulp.rs"]
mod ulp;
#[path = "../common/words.rs"]
mod words;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::{Context, Error, Result};
use clap::Parser;
use function::Function;
use input::Inputs;
use options::Job;
use output::Outputs;
use wgpu_activations::Gpu;

/// The status that shells give to a program whose output nobody reads any more: 128 and SIGPIPE.
const BROKEN_PIPE: u8 = 141;

/// Applies an activation, a gated unit, a function along an axis, a loss, or an expression of any
/// operands, or its gradient, to a tensor in an npy file, on the GPU.
///
/// Files may be of any type of numbers and of bfloat16 as ml_dtypes writes it. Activations, and
/// gated units with --gate, take files that are larger than memory, all in one order. A dash for a
/// file is stdin or stdout.
#[derive(Parser)]
#[command(arg_required_else_help = true)]
struct Arguments {
    /// Describe all functions, and do nothing else.
    #[arg(long, exclusive = true)]
    list: bool,
    #[command(flatten)]
    job: Option<Job>,
}

fn main() -> ExitCode {
    let job = Arguments::parse().job;
    let result = job.map_or_else(list::list, |job| run(&job));
    if result.as_ref().is_err_and(is_broken_pipe) {
        return BROKEN_PIPE.into();
    }
    exit::exit(result)
}

fn run(job: &Job) -> Result<()> {
    job.check_options()?;
    staging::clean_up_on_signals()?;
    let inputs = Inputs::open(job)?;
    let mut outputs = Outputs::open(job)?;
    let gpu = Gpu::new_blocking()?;

    let pass = if job.grad.is_some() {
        "backward"
    } else {
        "forward"
    };
    let elements = inputs.x.header.layout.elements();
    let done = match job.function {
        Function::Activation(activation) => {
            activation::run(job, &gpu, activation, inputs, &mut outputs)
        }
        Function::Glu(glu) => gated::run(job, &gpu, glu, inputs, &mut outputs),
        Function::AlongAxis(function) => along::run(job, &gpu, function, inputs, &mut outputs),
        Function::Loss(function) => loss::run(job, &gpu, function, inputs, &mut outputs),
        Function::Expression(expression) => {
            expression::run(job, &gpu, expression, inputs, &mut outputs)
        }
    };
    let done = done.map_err(|error| explain(job, error))?;
    let mut lines = if job.check { outputs.checks() } else { vec![] };
    let adapter = gpu.device().adapter_info().name;
    lines.push(format!(
        "{pass} of {done}: {elements} elements on {adapter}\n"
    ));

    let (mut messages, name): (Box<dyn Write>, _) = if outputs.use_stdout() {
        (Box::new(io::stderr()), "stderr")
    } else {
        (Box::new(io::stdout()), "stdout")
    };
    outputs.finish()?;
    messages
        .write_all(lines.join("\n").as_bytes())
        .with_context(|| format!("cannot write to {name}"))
}

/// Says why a file that is larger than memory is not computed in pieces.
fn explain(job: &Job, error: Error) -> Error {
    let is_elementwise = matches!(job.function, Function::Activation(_)) || job.gate.is_some();
    match error.downcast_ref() {
        Some(wgpu_activations::Error::OutOfMemory { .. })
            if !is_elementwise || job.grad_weight.is_some() =>
        {
            error.context("all of --input is needed at once")
        }
        _ => error,
    }
}

fn is_broken_pipe(error: &Error) -> bool {
    let mut causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

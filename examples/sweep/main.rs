//! Measures the errors of an activation, or of an expression of one operand, over every f32: the GPU
//! against f64 math on the CPU.
//!
//! `cargo run --example sweep -- "elu(alpha=0.5)" --direction backward --stride 97`
//!
//! `cargo run --example sweep -- --all --stride 97 --table docs/accuracy.md`

#[path = "../common/chart.rs"]
mod chart;
#[path = "../common/columns.rs"]
mod columns;
mod compare;
#[path = "../common/exit.rs"]
mod exit;
mod figures;
#[path = "../common/function.rs"]
mod function;
mod inputs;
#[path = "../common/one_operand.rs"]
mod one_operand;
#[path = "../common/page.rs"]
mod page;
mod picture;
mod subject;
mod table;
mod tally;
#[path = "../common/ulp.rs"]
mod ulp;
mod usual;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use wgpu_activations::{Activation, Gpu};

use chart::beside;
use figures::Figures;
use function::Function;
use inputs::Inputs;
use one_operand::of_one_operand;
use page::Page;
use subject::{Direction, Subject};
use tally::Tally;
use usual::USUAL;

/// Compares an activation, or an expression of one operand, on the GPU with f64 math on the CPU, for
/// every f32. Fails if an error exceeds its bound, which expressions have none of.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    what: What,
    /// Sweep only this direction. By default all that the function has are swept.
    #[arg(long, conflicts_with_all = ["all", "usual", "picture"])]
    direction: Option<Direction>,
    /// Take only every N-th bit pattern, and the neighbours of zeros, kinks, infinities and the
    /// limits of exponentials.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..1 << 32))]
    stride: u64,
    /// Write a table into this page, between `<!-- sweep -->` and `<!-- /sweep -->`, or with
    /// --usual between `<!-- usual -->` and `<!-- /usual -->`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["function", "picture"])]
    table: Option<PathBuf>,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// The function to sweep: an activation, such as `gelu` or `elu(alpha=0.5)`, or an expression of
    /// one operand, such as `x * sigmoid(1.5 * x)`.
    #[arg(value_parser = of_one_operand)]
    function: Option<Function>,
    /// Sweep all activations, with their default parameters.
    #[arg(long)]
    all: bool,
    /// Sweep formulas as libraries usually compute them, in f32 on the CPU.
    #[arg(long)]
    usual: bool,
    /// Draw the errors of gelu, of tanh', and of their usual formulas, as PNG or SVG.
    #[arg(long, value_name = "FILE", conflicts_with = "stride")]
    picture: Option<PathBuf>,
}

fn main() -> ExitCode {
    exit::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<()> {
    let Arguments {
        what,
        stride,
        table,
        ..
    } = arguments;
    let page = |name| table.as_ref().map(|path| Page::new(path, name)).transpose();
    if what.usual {
        return sweep_usual(*stride, page("usual")?);
    }
    let page = page("sweep")?;
    let figures = table.as_ref().map_or_else(
        || Ok(<[Figures; 2]>::default()),
        |page| table::figures(page),
    )?;
    let gpu = Gpu::new_blocking()?;
    let info = gpu.device().adapter_info();
    let adapter = format!(
        "{} ({}; {} {})",
        info.name, info.backend, info.driver, info.driver_info
    );
    println!("adapter: {adapter}");
    if let Some(path) = &what.picture {
        picture::draw(path, &gpu)?;
        println!("picture: {}", path.display());
        return Ok(());
    }

    let sweeps = sweep_all(&gpu, arguments)?;
    if let Some(page) = page {
        page.write(
            &table::of_activations(&sweeps, &figures),
            &command(),
            &adapter,
        )?;
    }
    let failed = sweeps.iter().filter(|(subject, direction, tally)| {
        let bound = subject.bound(*direction);
        bound.is_some_and(|bound| !tally.is_within(bound))
    });
    let failed: Vec<_> = failed
        .map(|(subject, direction, _)| format!("{subject} {direction}"))
        .collect();
    ensure!(
        failed.is_empty(),
        "{} of {} exceed their bounds: {}",
        failed.len(),
        sweeps.len(),
        failed.join(", ")
    );
    Ok(())
}

/// This run.
fn command() -> String {
    format!("cargo run --example sweep -- {}", page::arguments())
}

fn sweep_usual(stride: u64, page: Option<Page>) -> Result<()> {
    let tallies: Vec<_> = USUAL
        .iter()
        .map(|usual| (usual, usual.sweep(stride)))
        .collect();
    for (usual, tally) in &tallies {
        println!(
            "{} {}, {}: {tally}",
            usual.activation, usual.direction, usual.formula
        );
    }
    page.map_or(Ok(()), |page| {
        page.write(&table::of_usual(&tallies), &command(), "the CPU")
    })
}

fn sweep_all(gpu: &Gpu, arguments: &Arguments) -> Result<Vec<(Subject, Direction, Tally)>> {
    let one = arguments.what.function.map(Subject::of).transpose()?;
    let is_one = one.is_some();
    let all = || Activation::ALL.iter().copied().map(Subject::Activation);
    let mut sweeps = vec![];
    for subject in one.map_or_else(|| all().collect(), |one| vec![one]) {
        let mut directions = subject.directions();
        if let Some(direction) = arguments.direction {
            ensure!(
                directions.contains(&direction),
                "--direction {direction}: the derivative of {subject} is no function of its output"
            );
            directions = vec![direction];
        }
        for direction in directions {
            let inputs = subject.inputs(direction, arguments.stride);
            let tally = sweep(gpu, &subject, direction, &inputs)?;
            if is_one {
                print!("{}", tally.histogram());
            }
            sweeps.push((subject.clone(), direction, tally));
        }
    }
    Ok(sweeps)
}

/// Sweeps, and prints the results.
fn sweep(gpu: &Gpu, subject: &Subject, direction: Direction, inputs: &Inputs) -> Result<Tally> {
    let progress = ProgressBar::new(inputs.len())
        .with_style(ProgressStyle::with_template(
            "{msg}: {bar:40} {percent}%, {eta} left",
        )?)
        .with_message(format!("{subject} {direction}"));
    let start = Instant::now();
    let tally = compare::sweep(gpu, subject, direction, inputs, &progress)?;
    let seconds = start.elapsed().as_secs_f64();
    progress.finish_and_clear();
    println!("{subject} {direction}: {tally}");
    if let Some(bound) = subject.bound(direction) {
        println!("  allowed: {bound} ulp");
    }
    let rate = inputs.len() as f64 / seconds / 1e6;
    println!(
        "  inputs: {} in {seconds:.1} s, {rate:.1} million a second",
        inputs.len()
    );
    Ok(tally)
}

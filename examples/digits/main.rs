//! Trains a small network on handwritten digits, forward and backward wholly on the GPU: matrix kernels of its own and
//! the library's activations, recorded in one encoder.

#[path = "../common/chart.rs"]
mod chart;
mod check;
mod cpu;
mod data;
mod kernels;
mod layout;
mod network;
mod report;
mod train;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use wgpu_activations::Gpu;

use check::check;
use data::{Digits, TRAIN};
use kernels::Pipelines;
use layout::Layout;
use network::Device;
use report::History;
use train::Trainer;

/// Trains a small network on 1,797 handwritten digits, forward and backward wholly on the GPU.
#[derive(Parser)]
struct Options {
    /// The activation of the hidden layers, such as `elu` or `leaky_relu(negative_slope=0.2)`
    #[arg(long, default_value = "relu", conflicts_with = "compare")]
    activation: String,
    /// Activations to train the same network with and to show side by side, such as `relu,sigmoid,prelu(weight=0.1)`
    #[arg(long, value_name = "ACTIVATIONS")]
    compare: Option<String>,
    /// Times that every digit is learned from
    #[arg(long, default_value_t = 30)]
    epochs: usize,
    /// What the first weights and the order of the digits depend on
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The picture, .png or .svg [default: target/digits.png, or target/digits-compare.png]
    #[arg(long)]
    output: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    ensure!(options.epochs > 0, "--epochs: there must be at least 1");
    let names = options.compare.as_deref().map_or_else(|| vec![options.activation.trim()], split);
    let activations = names.into_iter().map(|name| Ok((name, name.parse()?))).collect::<Result<Vec<_>>>()?;
    let picture = picture(options)?;

    let digits = Digits::load()?;
    let gpu = Gpu::new_blocking()?;
    let pipelines = Pipelines::new(gpu.device(), digits.len());
    let adapter = gpu.device().adapter_info();
    println!("adapter: {} ({})", adapter.name, adapter.backend);
    println!("{TRAIN} training digits, {} unseen; seed {}", digits.unseen(), options.seed);

    let progress = ProgressBar::new((activations.len() * options.epochs) as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} epochs, {eta} left: {msg}")?);
    let mut histories = Vec::new();
    for &(name, activation) in &activations {
        let trainer = Trainer::new(Device { gpu: &gpu, pipelines: &pipelines }, &digits, Layout::new(activation))?;
        histories.push(train(&trainer, &digits, name, options, &progress).with_context(|| name.to_owned())?);
    }
    progress.finish_and_clear();

    if options.compare.is_some() {
        println!("\n{}\n", report::table(&histories));
        report::draw_comparison(&picture, &histories)?;
        println!("picture: {}", picture.display());
        return Ok(());
    }
    for history in &histories {
        report::draw_run(&picture, history)?;
        println!("picture: {}", picture.display());
        println!("accuracy on unseen digits: {:.4}", history.last().unseen.accuracy);
    }
    Ok(())
}

/// The texts between the commas that are outside of parentheses.
fn split(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let outside = |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    };
    list.split(outside).map(str::trim).collect()
}

/// Where the picture goes, if it can be written there: better known before the training than after it.
fn picture(options: &Options) -> Result<PathBuf> {
    let default = if options.compare.is_some() { "target/digits-compare.png" } else { "target/digits.png" };
    let Some(path) = &options.output else {
        std::fs::create_dir_all("target").context("target: cannot make this directory for the picture")?;
        return Ok(default.into());
    };
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    ensure!(
        extension.is_some_and(|extension| extension == "png" || extension == "svg"),
        "{}: a picture's name must end in .png or .svg",
        path.display()
    );
    ensure!(!path.is_dir(), "{}: it is a directory", path.display());
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::tempfile_in(directory).with_context(|| format!("{}: cannot write into its directory", path.display()))?;
    Ok(path.clone())
}

/// Checks the gradients, then trains.
fn train(
    trainer: &Trainer<'_>,
    digits: &Digits,
    name: &str,
    options: &Options,
    progress: &ProgressBar,
) -> Result<History> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let parameters = trainer.layout().initial(&mut random);
    let agreement = check(trainer, digits, &parameters)?;
    progress.suspend(|| println!("{name}: {agreement}"));

    let start = Instant::now();
    let mut epochs = vec![trainer.start(&parameters)?];
    let mut order: Vec<_> = (0..TRAIN as u32).collect();
    for _ in 0..options.epochs {
        order.shuffle(&mut random);
        let epoch = trainer.epoch(&order)?;
        let (loss, accuracy) = (epoch.train.loss, epoch.unseen.accuracy);
        progress.set_message(format!("{name}: loss {loss:.4}, accuracy on unseen digits {accuracy:.4}"));
        progress.inc(1);
        epochs.push(epoch);
    }
    let (history, seconds) = (History { name: name.to_owned(), epochs }, start.elapsed().as_secs_f64());
    progress.suspend(|| println!("{name}: epoch {} after {seconds:.1} s: {history}", options.epochs));
    Ok(history)
}

//! Trains a small network on handwritten digits, forward and backward entirely on the GPU. The
//! matrix kernels are this example's. The library computes bias and activation as one expression,
//! and one encoder records both.

mod activation;
mod adam;
#[path = "../common/chart.rs"]
mod chart;
mod check;
mod cpu;
mod data;
mod device;
mod evaluation;
#[path = "../common/exit.rs"]
mod exit;
mod kernels;
mod layout;
mod network;
mod report;
mod train;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use wgpu_activations::Gpu;

use activation::HiddenActivation;
use check::check;
use data::{Digits, TRAIN};
use device::Device;
use kernels::Pipelines;
use layout::Layout;
use report::History;
use train::Trainer;

const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/digits/digits.csv");

/// Trains a small network on 1,797 handwritten digits, forward and backward entirely on the GPU.
#[derive(Parser)]
struct Options {
    /// The activation of the hidden layers: of the library's list, such as `elu` or
    /// `leaky_relu(negative_slope=0.2)`, or any expression of x, such as `x * sigmoid(1.5 * x)`. One
    /// more operand is learned for each unit, and begins with 1: `elu(x, alpha=a)`.
    #[arg(long, default_value = "relu", conflicts_with = "compare")]
    activation: String,
    /// Train the same network with each of these activations and compare them, such as
    /// `relu,sigmoid,prelu(weight=0.1)`.
    #[arg(long, value_name = "ACTIVATIONS")]
    compare: Option<String>,
    /// Train once more with the bias and the activation fused into the network's own matrix
    /// kernels, and show the difference.
    #[arg(long, conflicts_with = "compare")]
    fused: bool,
    /// The number of epochs: each digit is learned from once in each.
    #[arg(long, default_value_t = 30)]
    epochs: usize,
    /// The seed of the first weights and of the order of the digits.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the picture to this file, .png or .svg [default: target/digits.png, or
    /// target/digits-compare.png]
    #[arg(long)]
    output: Option<PathBuf>,
}

fn main() -> ExitCode {
    exit::exit(run(&Options::parse()))
}

fn run(options: &Options) -> Result<()> {
    ensure!(options.epochs > 0, "--epochs: there must be at least 1");
    let names = options
        .compare
        .as_deref()
        .map_or_else(|| vec![options.activation.trim()], split);
    let activations = names
        .into_iter()
        .map(|name| Ok((name, name.parse()?)))
        .collect::<Result<Vec<(_, HiddenActivation)>>>()?;
    let picture = picture(options)?;

    let digits = Digits::load(DIGITS)?;
    let gpu = Gpu::new_blocking()?;
    let pipelines = Pipelines::new(gpu.device(), digits.len());
    let adapter = gpu.device().adapter_info();
    println!("adapter: {} ({})", adapter.name, adapter.backend);
    println!(
        "{TRAIN} training digits, {} unseen; seed {}",
        digits.unseen(),
        options.seed
    );

    let mut trainings = Vec::new();
    for (name, activation) in &activations {
        for is_fused in [false, true]
            .into_iter()
            .take(1 + usize::from(options.fused))
        {
            let device = Device {
                gpu: &gpu,
                pipelines: &pipelines,
            };
            let layout = Layout::new(activation.clone());
            let trainer = Trainer::new(device, &digits, layout, is_fused);
            let name = format!("{name}{}", if is_fused { ", fused" } else { "" });
            trainings.push(Training::new(
                trainer.with_context(|| name.clone())?,
                &digits,
                name,
                options.seed,
            )?);
        }
    }
    let progress = ProgressBar::new(options.epochs as u64).with_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} epochs, {eta} left: {msg}")?,
    );
    for _ in 0..options.epochs {
        // The trainings take turns, so that other load on the machine slows all of them down alike.
        trainings.iter_mut().try_for_each(Training::epoch)?;
        progress.set_message(
            trainings
                .iter()
                .map(Training::progress)
                .collect::<Vec<_>>()
                .join("; "),
        );
        progress.inc(1);
    }
    progress.finish_and_clear();
    trainings.iter().for_each(|training| println!("{training}"));
    let histories: Vec<_> = trainings
        .into_iter()
        .map(|training| training.history)
        .collect();

    if options.compare.is_some() {
        println!("\n{}\n", report::table(&histories));
        report::draw_comparison(&picture, &histories)?;
        println!("picture: {}", picture.display());
        return Ok(());
    }
    report::draw_run(&picture, &histories[0])?;
    println!("picture: {}", picture.display());
    if let [separate, fused] = histories.as_slice() {
        println!("{}", report::fusion(separate, fused));
    }
    println!(
        "accuracy on unseen digits: {:.4}",
        histories[0].last().unseen.accuracy
    );
    Ok(())
}

/// Splits a list at the commas that are outside of parentheses.
fn split(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let outside = |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    };
    list.split(outside).map(str::trim).collect()
}

/// Returns the path of the picture. It fails if the picture cannot be written there: it is better
/// to know this before the training than after it.
fn picture(options: &Options) -> Result<PathBuf> {
    let default = if options.compare.is_some() {
        "target/digits-compare.png"
    } else {
        "target/digits.png"
    };
    let Some(path) = &options.output else {
        std::fs::create_dir_all("target")
            .context("target: cannot make this directory for the picture")?;
        return Ok(default.into());
    };
    let extension = path
        .extension()
        .map(|extension| extension.to_ascii_lowercase());
    ensure!(
        extension.is_some_and(|extension| extension == "png" || extension == "svg"),
        "{}: a picture's name must end in .png or .svg",
        path.display()
    );
    ensure!(!path.is_dir(), "{}: it is a directory", path.display());
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    tempfile::tempfile_in(directory)
        .with_context(|| format!("{}: cannot write into its directory", path.display()))?;
    Ok(path.clone())
}

/// A network that is being trained.
struct Training<'a> {
    trainer: Trainer<'a>,
    random: Xoshiro256PlusPlus,
    order: Vec<u32>,
    history: History,
}

impl<'a> Training<'a> {
    /// Checks the gradients, then evaluates the network before the first step.
    fn new(trainer: Trainer<'a>, digits: &Digits, name: String, seed: u64) -> Result<Self> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let parameters = trainer.layout().initial(&mut random);
        let agreement = check(&trainer, digits, &parameters).with_context(|| name.clone())?;
        println!("{name}: {agreement}");
        let epochs = vec![trainer.start(&parameters)?];
        let history = History {
            name,
            epochs,
            seconds: vec![],
        };
        Ok(Self {
            trainer,
            random,
            order: (0..TRAIN as u32).collect(),
            history,
        })
    }

    fn epoch(&mut self) -> Result<()> {
        self.order.shuffle(&mut self.random);
        let start = Instant::now();
        let epoch = self
            .trainer
            .epoch(&self.order)
            .with_context(|| self.history.name.clone())?;
        self.history.seconds.push(start.elapsed().as_secs_f64());
        self.history.epochs.push(epoch);
        Ok(())
    }

    fn progress(&self) -> String {
        format!(
            "{}: accuracy {:.4}",
            self.history.name,
            self.history.last().unseen.accuracy
        )
    }
}

impl fmt::Display for Training<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let History {
            name,
            epochs,
            seconds,
        } = &self.history;
        let total: f64 = seconds.iter().sum();
        write!(
            f,
            "{name}: epoch {} after {total:.1} s: {}; shortest epoch {:.1} ms",
            epochs.len() - 1,
            self.history,
            self.history.shortest()
        )
    }
}

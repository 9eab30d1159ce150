//! Trains the network of the example `digits` on several GPUs: each rank of MPI has its own adapter
//! and its part of each batch, and the gradients of all parts are added.

mod adapter;
mod checkpoint;
/// The network is that of the example.
#[allow(dead_code, reason = "the example uses all of it")]
#[path = "../../digits"]
mod digits {
    pub mod activation;
    pub mod adam;
    pub mod data;
    pub mod device;
    pub mod evaluation;
    pub mod kernels;
    pub mod layout;
    pub mod network;
}
#[path = "../../common/exit.rs"]
mod exit;
mod ranks;
mod trainer;

use std::panic;
use std::path::PathBuf;
use std::process::{self, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::{Parser, value_parser};
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

use checkpoint::{Run, State};
use digits::activation::HiddenActivation;
use digits::adam::Adam;
use digits::data::{BATCH, Digits, TRAIN};
use digits::device::Device;
use digits::kernels::Pipelines;
use ranks::Ranks;
use trainer::{Durations, MICRO_BATCHES, Trainer};

/// The number of batches of all training digits.
const BATCHES: u32 = (TRAIN / BATCH) as u32;

const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../digits/digits.csv");

/// Trains the network of the example digits on several GPUs. Start it with mpirun, which says by -n
/// how many ranks there are: 1, 2, 4 or 8. The result does not depend on their number.
#[derive(Parser)]
struct Options {
    /// The activation of the hidden layers, as the example digits takes it. A weight or one more
    /// operand is learned for each unit: `prelu`, `snake(x, alpha=a)`.
    #[arg(long, default_value = "prelu", value_parser = activation)]
    activation: HiddenActivation,
    /// The probability with which the output of a hidden unit is dropped in training.
    #[arg(long, default_value_t = 0.0, value_parser = probability)]
    dropout: f32,
    /// The number of epochs.
    #[arg(long, default_value_t = 30)]
    epochs: u32,
    /// The number of batches in an epoch, each of 32 digits.
    #[arg(long, default_value_t = BATCHES)]
    #[arg(value_parser = value_parser!(u32).range(1..=BATCHES.into()))]
    batches: u32,
    /// The seed of the first weights, of the order of the digits, and of dropout.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rank 0 writes into this file, before the first epoch and after each, all that it takes to go
    /// on.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "target/digits-mpi.safetensors"
    )]
    checkpoint: PathBuf,
    /// Go on from such a file, with any number of ranks.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
}

/// Reads an activation. All its errors are told, of which clap would tell the first.
fn activation(text: &str) -> Result<HiddenActivation, String> {
    text.parse().map_err(|error| format!("{error:#}"))
}

fn probability(text: &str) -> Result<f32> {
    let probability = text.parse()?;
    ensure!(
        (0.0..1.0).contains(&probability),
        "it must be at least 0 and less than 1"
    );
    Ok(probability)
}

fn main() -> ExitCode {
    let ranks = match Ranks::join() {
        Ok(ranks) => ranks,
        Err(error) => return exit::exit(Err(error)),
    };
    // A rank that only stopped would leave the others waiting.
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        print(panic);
        process::abort();
    }));
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            if ranks.rank == 0 {
                // There is no one left to tell if it cannot be written.
                let _ = error.print();
            }
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    let result = run(&ranks, &options);
    if result.is_ok() {
        return ExitCode::SUCCESS;
    }
    let rank = format!("rank {} of {}", ranks.rank, ranks.count);
    exit::exit(result.context(rank));
    ranks.abort()
}

fn run(ranks: &Ranks, options: &Options) -> Result<()> {
    let activation = &options.activation;
    let run = Run {
        activation: activation.expression.to_string(),
        dropout: options.dropout,
        seed: options.seed,
        batches: options.batches,
    };
    let digits = Digits::load(DIGITS)?;
    let parts = ranks.parts(MICRO_BATCHES)?;
    let (gpu, adapter) = pollster::block_on(adapter::open(ranks.on_machine()))?;
    println!(
        "rank {} of {}, process {}: micro-batches {} to {} of {MICRO_BATCHES} on {adapter}",
        ranks.rank,
        ranks.count,
        process::id(),
        parts.start + 1,
        parts.end,
    );
    let pipelines = Pipelines::new(gpu.device(), digits.len());
    let device = Device {
        gpu: &gpu,
        pipelines: &pipelines,
    };
    let mut trainer = Trainer::new(
        ranks,
        device,
        &digits,
        activation.clone(),
        options.dropout,
        options.seed,
    )?;

    // The same numbers as in the example digits.
    let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let parameters = trainer.layout().initial(&mut random);
    let mut state = State {
        moments: vec![0.0; 2 * parameters.len()],
        adam: Adam::before(0).map(f32::from_bits).to_vec(),
        parameters,
    };
    if let (0, Some(path)) = (ranks.rank, &options.resume) {
        state.read(path, &run).context("--resume")?;
    }
    for tensor in state.tensors() {
        ranks.broadcast(tensor);
    }
    trainer.set_state(&state);
    if ranks.rank == 0 {
        let file = options.checkpoint.display();
        println!("after each epoch the state is in {file}: --resume {file} goes on from there");
    }

    let mut order: Vec<_> = (0..TRAIN as u32).collect();
    let learned = state.steps() / options.batches;
    (0..learned).for_each(|_| order.shuffle(&mut random));
    let mut accuracy = save(ranks, &trainer, learned, options, &run)?;
    for epoch in learned + 1..=options.epochs {
        order.shuffle(&mut random);
        let order = &order[..options.batches as usize * BATCH];
        trainer.train(order, u64::from(epoch - 1) * order.len() as u64)?;
        accuracy = save(ranks, &trainer, epoch, options, &run)?;
    }
    if ranks.rank == 0 {
        if let Some(medians) = medians(&trainer.steps) {
            println!("{medians}");
        }
        println!("accuracy on unseen digits: {accuracy:.4}");
    }
    Ok(())
}

/// Checks that all ranks have the same state. Rank 0 evaluates the network, writes the state to
/// disk, and returns the accuracy on unseen digits.
fn save(
    ranks: &Ranks,
    trainer: &Trainer<'_>,
    epoch: u32,
    options: &Options,
    run: &Run,
) -> Result<f64> {
    let state = trainer.state()?;
    let hashes = ranks.gather(state.crc32());
    ensure!(
        hashes.iter().all(|&hash| hash == hashes[0]),
        "after epoch {epoch} the ranks differ, and have states of CRC-32 {hashes:08x?}: only \
         adapters of the same kind and with the same driver compute the same bits"
    );
    if ranks.rank > 0 {
        return Ok(0.0);
    }
    let [train, unseen] = trainer.evaluate()?;
    state.write(&options.checkpoint, run)?;
    println!(
        "epoch {epoch}: loss {:.4}, on unseen digits {:.4}; accuracy on unseen digits {:.4}; \
         state {:08x} on all ranks",
        train.loss, unseen.loss, unseen.accuracy, hashes[0]
    );
    Ok(unseen.accuracy)
}

/// Tells the medians of the durations of steps.
fn medians(steps: &[Durations]) -> Option<String> {
    let median = |duration: fn(&Durations) -> f64| {
        let mut all: Vec<_> = steps.iter().map(duration).collect();
        all.sort_by(f64::total_cmp);
        Some(1e3 * all.get(all.len() / 2)?)
    };
    Some(format!(
        "{} steps, medians of rank 0: compute {:.3} ms, staging {:.3} ms, all-reduce {:.3} ms",
        steps.len(),
        median(|step| step.compute)?,
        median(|step| step.staging)?,
        median(|step| step.all_reduce)?,
    ))
}

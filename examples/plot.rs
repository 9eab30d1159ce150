//! Curves of activations and of their derivatives, computed on the GPU.
//!
//! `cargo run --example plot -- sigmoid tanh "elu(alpha=0.5)" --range -5,5 --output curves.svg`

#[path = "common/chart.rs"]
mod chart;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use chart::{Panel, Series};
use clap::Parser;
use wgpu_activations::{Activation, Gpu};

/// Draws curves of activations and of their derivatives, computed on the GPU.
#[derive(Parser)]
struct Arguments {
    /// What to draw, such as `relu` or `elu(alpha=0.5)`
    #[arg(default_values = ["sigmoid", "tanh", "relu", "leaky_relu", "elu"])]
    activations: Vec<Activation>,
    /// Where x begins and ends
    #[arg(long, value_name = "LO,HI", default_value = "-10,10", value_parser = range, allow_hyphen_values = true)]
    range: Range<f32>,
    /// Where the axis of f(x) begins and ends; by default it shows all from -2 to 6
    #[arg(long, value_name = "LO,HI", value_parser = range, allow_hyphen_values = true)]
    y_range: Option<Range<f32>>,
    /// The picture, PNG or SVG
    #[arg(long, value_name = "FILE", default_value = DEFAULT_OUTPUT)]
    output: PathBuf,
}

const DEFAULT_OUTPUT: &str = "target/curves.png";

/// Samples of a curve: several for each pixel, so that steps are upright, and odd, so that the middle is one.
const SAMPLES: usize = 4001;

/// What the axis of f(x) shows at most, unless told: beyond, linear functions would flatten the others.
const MOST_SHOWN: Range<f64> = -2.0..6.0;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { activations, range, y_range, output } = arguments;
    if output == Path::new(DEFAULT_OUTPUT) {
        fs::create_dir_all("target").context("target")?;
    }
    let gpu = Gpu::new_blocking()?;
    let (forward, derivative) = curves(&gpu, activations, range)?;

    let forward_y = y_range.as_ref().map(wide).or_else(|| shown(&forward, &MOST_SHOWN));
    let derivative_y = shown(&derivative, &(f64::MIN..f64::MAX));
    let panel = |title: &str, y, series| Panel {
        title: title.to_owned(),
        x_label: "x".to_owned(),
        y_label: String::new(),
        x: Some(wide(range)),
        y,
        series,
    };
    chart::draw(output, &[panel("f(x)", forward_y, forward), panel("f'(x)", derivative_y, derivative)], 2)?;
    println!("{}: computed on {}", output.display(), gpu.device().adapter_info().name);
    Ok(())
}

/// f and f' of each activation.
fn curves(gpu: &Gpu, activations: &[Activation], range: &Range<f32>) -> Result<(Vec<Series>, Vec<Series>)> {
    let Range { start, end } = wide(range);
    let part = |sample: usize| sample as f64 / (SAMPLES - 1) as f64;
    let xs: Vec<f32> = (0..SAMPLES).map(|sample| (start * (1.0 - part(sample)) + end * part(sample)) as f32).collect();
    let x = gpu.upload(&xs, [SAMPLES])?;
    let ones = gpu.upload(&[1.0; SAMPLES], [SAMPLES])?;

    let (mut forward, mut derivative) = (Vec::new(), Vec::new());
    for &activation in activations {
        let (y, dy) = (gpu.forward(activation, &x)?, gpu.backward(activation, &x, &ones)?);
        let [y, dy] = gpu.read_blocking([&y, &dy])?;
        for (panel, values) in [(&mut forward, y), (&mut derivative, dy)] {
            let points = xs.iter().zip(values).map(|(&x, value)| (f64::from(x), f64::from(value))).collect();
            panel.push(Series { name: name(activation), points });
        }
    }
    Ok((forward, derivative))
}

/// The text form, without the parameters if they are the default ones.
fn name(activation: Activation) -> String {
    let is_default = Activation::ALL.contains(&activation);
    if is_default { activation.info().name.to_owned() } else { activation.to_string() }
}

/// The part of `within` that the curves and 0 take, with a margin; `None` if that is nothing.
fn shown(curves: &[Series], within: &Range<f64>) -> Option<Range<f64>> {
    let values = curves.iter().flat_map(|curve| &curve.points).map(|point| point.1).filter(|y| y.is_finite());
    let (least, most) = values.fold((0.0_f64, 0.0_f64), |(least, most), y| (least.min(y), most.max(y)));
    let (least, most) = (least.max(within.start), most.min(within.end));
    let margin = 0.05 * (most - least);
    (margin > 0.0).then(|| (least - margin).max(within.start)..(most + margin).min(within.end))
}

fn wide(range: &Range<f32>) -> Range<f64> {
    range.start.into()..range.end.into()
}

/// Reads `LO,HI`.
fn range(text: &str) -> Result<Range<f32>, String> {
    let numbers = text.split_once(',').and_then(|(low, high)| Some((number(low)?, number(high)?)));
    let (low, high) = numbers.ok_or("write two numbers as `LO,HI`")?;
    if low < high { Ok(low..high) } else { Err(format!("{low} is not less than {high}")) }
}

fn number(text: &str) -> Option<f32> {
    text.trim().parse().ok().filter(|number: &f32| number.is_finite())
}

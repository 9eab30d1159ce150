//! Draws curves of activations, of expressions of one operand, and of their derivatives, computed on
//! the GPU.
//!
//! `cargo run --example plot -- sigmoid tanh "elu(alpha=0.5)" --range -5,5 --output curves.svg`
//!
//! `cargo run --example plot -- "x * sigmoid(1.5*x)" silu`
//!
//! `cargo run --example plot -- --all --output docs/gallery.png`

#[path = "common/chart.rs"]
mod chart;
#[path = "common/exit.rs"]
mod exit;
#[path = "common/function.rs"]
mod function;
#[path = "common/one_operand.rs"]
mod one_operand;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chart::{Panel, Series};
use clap::Parser;
use function::Function;
use one_operand::of_one_operand;
use wgpu_activations::{Activation, Expression, Gpu};

/// Draws curves of activations, of expressions of one operand, and of their derivatives, computed on
/// the GPU.
#[derive(Parser)]
struct Arguments {
    /// The functions to draw: activations, such as `relu` or `elu(alpha=0.5)`, and expressions of
    /// one operand, such as `x * sigmoid(1.5 * x)`.
    #[arg(
        default_values = ["sigmoid", "tanh", "relu", "leaky_relu", "elu"],
        value_parser = of_one_operand
    )]
    functions: Vec<Function>,
    /// Draw all activations, each in a small panel of its own, with second derivatives.
    #[arg(long, conflicts_with = "functions")]
    all: bool,
    /// The range of x [default: -10,10, or -5,5 with --all]
    #[arg(long, value_name = "LO,HI", value_parser = range, allow_hyphen_values = true)]
    range: Option<Range<f32>>,
    /// The range of f(x). By default it shows everything from -2 to 6.
    #[arg(long, value_name = "LO,HI", value_parser = range, allow_hyphen_values = true)]
    y_range: Option<Range<f32>>,
    /// Write the picture to this file, a PNG or SVG [default: target/curves.png, or
    /// target/gallery.png with --all]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The number of samples of a curve. Several samples for each pixel make steps upright; an odd
/// number makes the middle one of them.
const SAMPLES: usize = 4001;

/// The number of panels in a row of the gallery, and their shrink factor.
const COLUMNS: usize = 4;
const SHRINK: u32 = 3;

/// By default the axis of f(x) shows at most this range. Linear functions would flatten the others
/// in a larger one.
const MOST_SHOWN: Range<f64> = -2.0..6.0;

fn main() -> ExitCode {
    exit::exit(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<()> {
    let Arguments {
        functions,
        all,
        range,
        y_range,
        output,
    } = arguments;
    let (default, x_range) = if *all {
        ("gallery", -5.0..5.0)
    } else {
        ("curves", -10.0..10.0)
    };
    let x_range = range.clone().unwrap_or(x_range);
    let output = match output {
        Some(output) => output.clone(),
        None => {
            fs::create_dir_all("target").context("target")?;
            Path::new("target").join(default).with_extension("png")
        }
    };
    let gpu = Gpu::new_blocking()?;
    let y_range = y_range.as_ref().map(wide);
    let panel = |title: &str, y, series| Panel {
        title: title.to_owned(),
        x_label: if *all { String::new() } else { "x".to_owned() },
        y_label: String::new(),
        x: Some(wide(&x_range)),
        y,
        series,
    };
    if *all {
        let mut panels = Vec::new();
        for &activation in Activation::ALL {
            let curves = curves(
                &gpu,
                activation,
                &x_range,
                ["f", "f'", "f''"].map(str::to_owned),
            )?;
            let y = y_range.clone().or_else(|| shown(&curves, &MOST_SHOWN));
            panels.push(panel(&activation.to_string(), y, curves.into()));
        }
        chart::draw(&output, &panels, COLUMNS, SHRINK)?;
    } else {
        let (mut forward, mut derivative) = (Vec::new(), Vec::new());
        for &function in functions {
            let [f, df] = match function {
                Function::Expression(expression) => of_expression(&gpu, expression, &x_range)?,
                Function::Activation(activation) => {
                    let names = [(); 3].map(|()| name(activation));
                    let [f, df, _] = curves(&gpu, activation, &x_range, names)?;
                    [f, df]
                }
                _ => bail!("{function}: only functions of one number have curves"),
            };
            forward.push(f);
            derivative.push(df);
        }
        let forward_y = y_range.or_else(|| shown(&forward, &MOST_SHOWN));
        let derivative_y = shown(&derivative, &(f64::MIN..f64::MAX));
        let panels = [
            panel("f(x)", forward_y, forward),
            panel("f'(x)", derivative_y, derivative),
        ];
        chart::draw(&output, &panels, 2, 1)?;
    }
    println!(
        "{}: computed on {}",
        output.display(),
        gpu.device().adapter_info().name
    );
    Ok(())
}

/// The values of x.
fn samples(range: &Range<f32>) -> Vec<f32> {
    let Range { start, end } = wide(range);
    let part = |sample: usize| sample as f64 / (SAMPLES - 1) as f64;
    (0..SAMPLES)
        .map(|sample| (start * (1.0 - part(sample)) + end * part(sample)) as f32)
        .collect()
}

fn curve(name: String, xs: &[f32], values: Vec<f32>) -> Series {
    let points = xs.iter().zip(values);
    Series {
        name,
        points: points
            .map(|(&x, value)| (f64::from(x), f64::from(value)))
            .collect(),
    }
}

/// Computes f, f' and f''.
fn curves(
    gpu: &Gpu,
    activation: Activation,
    range: &Range<f32>,
    names: [String; 3],
) -> Result<[Series; 3]> {
    let xs = samples(range);
    let x = gpu.upload(&xs, [SAMPLES])?;
    let ones = gpu.upload(&[1.0; SAMPLES], [SAMPLES])?;
    let [d2y, dy] = gpu.double_backward(activation, &x, &ones, &ones)?;
    let values = gpu.read_blocking([&gpu.forward(activation, &x)?, &dy, &d2y])?;
    let mut values = values.into_iter();
    Ok(names.map(|name| curve(name, &xs, values.next().unwrap_or_default())))
}

/// Computes an expression of one operand, and its derivative.
fn of_expression(gpu: &Gpu, expression: &Expression, range: &Range<f32>) -> Result<[Series; 2]> {
    let xs = samples(range);
    let x = gpu.upload(&xs, [SAMPLES])?;
    let ones = gpu.upload(&[1.0; SAMPLES], [SAMPLES])?;
    let operand = expression.operands().first().map_or("", String::as_str);
    let y = gpu.evaluate(expression, [(operand, &x)])?;
    let [dy] = gpu.gradients(expression, [(operand, &x)], &ones, [operand])?;
    let values = gpu.read_blocking([&y, &dy])?;
    Ok(values.map(|values| curve(expression.to_string(), &xs, values)))
}

/// Returns the text form, without the parameters if they are the defaults.
fn name(activation: Activation) -> String {
    let is_default = Activation::ALL.contains(&activation);
    if is_default {
        activation.info().name.to_owned()
    } else {
        activation.to_string()
    }
}

/// Returns the part of `within` that the curves and 0 cover, with a margin, or `None` if it is
/// empty.
fn shown(curves: &[Series], within: &Range<f64>) -> Option<Range<f64>> {
    let values = curves
        .iter()
        .flat_map(|curve| &curve.points)
        .map(|point| point.1)
        .filter(|y| y.is_finite());
    let (least, most) = values.fold((0.0_f64, 0.0_f64), |(least, most), y| {
        (least.min(y), most.max(y))
    });
    let (least, most) = (least.max(within.start), most.min(within.end));
    let margin = 0.05 * (most - least);
    (margin > 0.0).then(|| (least - margin).max(within.start)..(most + margin).min(within.end))
}

fn wide(range: &Range<f32>) -> Range<f64> {
    range.start.into()..range.end.into()
}

/// Reads `LO,HI`.
fn range(text: &str) -> Result<Range<f32>, String> {
    let numbers = text
        .split_once(',')
        .and_then(|(low, high)| Some((number(low)?, number(high)?)));
    let (low, high) = numbers.ok_or("write two numbers as `LO,HI`")?;
    if low < high {
        Ok(low..high)
    } else {
        Err(format!("{low} is not less than {high}"))
    }
}

fn number(text: &str) -> Option<f32> {
    text.trim()
        .parse()
        .ok()
        .filter(|number: &f32| number.is_finite())
}

//! The file of samples.

use std::error::Error;
use std::str::FromStr;

use wgpu_activations::{Activation, AxisFunction};

pub const FILE: &str = "tests/samples.csv";

/// The function that a sample is of.
#[derive(Clone, Copy)]
pub enum Function {
    Elementwise(Activation),
    Axis(AxisFunction),
    Glu,
}

impl Function {
    pub fn read(text: &str) -> Result<Self, Box<dyn Error>> {
        if text == "glu" {
            return Ok(Self::Glu);
        }
        // If both refuse, the activation's reason is reported.
        text.parse()
            .map(Self::Elementwise)
            .or_else(|error| text.parse().map(Self::Axis).map_err(|_| error.into()))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Elementwise(activation) => activation.info().name,
            Self::Axis(function) => function.info().name,
            Self::Glu => "glu",
        }
    }
}

/// A line of the file: a function, its inputs and its results.
pub struct Sample {
    pub source: String,
    pub text: String,
    pub function: Function,
    pub axis: Option<isize>,
    pub shape: Vec<usize>,
    pub x: Vec<f32>,
    /// One value or one for each channel; none where nothing is learned.
    pub parameter: Vec<f32>,
    pub parameter_shape: Vec<usize>,
    pub output_shape: Vec<usize>,
    pub output: Vec<f64>,
    /// None where the source has no gradients.
    pub grad_output: Vec<f32>,
    pub grad_input: Vec<f64>,
    pub grad_parameter: Vec<f64>,
}

fn numbers<T: FromStr<Err: Error + 'static>>(text: &str) -> Result<Vec<T>, Box<dyn Error>> {
    Ok(text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?)
}

pub fn samples() -> Result<Vec<Sample>, Box<dyn Error>> {
    let mut samples = vec![];
    for row in csv::Reader::from_path(FILE)?.records() {
        let row = row?;
        let [
            source,
            activation,
            axis,
            shape,
            x,
            parameter_shape,
            parameter,
            output_shape,
            output,
            grad_output,
            grad_input,
            grad_parameter,
        ] = row.iter().collect::<Vec<_>>()[..]
        else {
            return Err(format!("{FILE}: a line of {} columns", row.len()).into());
        };
        let text = format!("{source}'s {activation} of [{shape}]");
        samples.push(Sample {
            source: source.to_owned(),
            function: Function::read(activation).map_err(|error| format!("{text}: {error}"))?,
            text,
            axis: numbers(axis)?.first().copied(),
            shape: numbers(shape)?,
            x: numbers(x)?,
            parameter_shape: numbers(parameter_shape)?,
            parameter: numbers(parameter)?,
            output_shape: numbers(output_shape)?,
            output: numbers(output)?,
            grad_output: numbers(grad_output)?,
            grad_input: numbers(grad_input)?,
            grad_parameter: numbers(grad_parameter)?,
        });
    }
    Ok(samples)
}

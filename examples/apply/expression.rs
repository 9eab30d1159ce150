//! Expressions of any number of operands.

use std::iter;

use anyhow::{Result, anyhow, ensure};
use wgpu_activations::{Dtype, Error, Expression, Gpu, Operands, TrainingMode, Value};

use crate::Job;
use crate::broadcast::place;
use crate::check::{compare_sum, compare_unsigned};
use crate::input::{Input, Inputs};
use crate::npy::{Layout, Order};
use crate::options::{Given, X};
use crate::output::Outputs;

/// The name of the gradient with respect to the result.
const GRAD_OUTPUT: &str = "grad_output";

/// An operand with its values in row-major order.
struct Operand<'a> {
    name: &'a str,
    /// The option and the file, for messages.
    option: String,
    shape: Vec<usize>,
    values: Vec<f32>,
    is_number: bool,
    /// The type of its gradient, and of the result if it is x.
    dtype: Dtype,
}

/// Computes an expression, or its gradients, and returns a description of what was done.
/// Column-major tensors become row-major.
pub fn run(
    job: &Job,
    gpu: &Gpu,
    expression: &Expression,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) -> Result<String> {
    let Inputs {
        x, grad, operands, ..
    } = inputs;
    let mut all = vec![Operand::read(job, X, x)?];
    for (name, input) in operands {
        all.push(Operand::read(job, name, input)?);
    }
    all.extend(job.operand.iter().filter_map(|operand| {
        let Given::Number(number) = operand.value else {
            return None;
        };
        Some(Operand::number(job, &operand.name, number))
    }));
    let operands = all;
    let shape = joint(&operands)?;
    let grad = match grad {
        None => None,
        Some(grad) => {
            let (own, name) = (&grad.header.layout.shape, &grad.name);
            ensure!(
                *own == shape,
                "{name}: its shape is {own:?}, but it must be {shape:?}, the shape of the result"
            );
            Some(grad.read_all()?.in_order(Order::C).values)
        }
    };

    let upload = |operand: &Operand<'_>| gpu.upload(&operand.values, &operand.shape);
    let tensors = operands
        .iter()
        .map(upload)
        .collect::<Result<Vec<_>, Error>>()?;
    let values = operands.iter().zip(&tensors).map(|(operand, tensor)| {
        let value = match operand.is_number {
            true => Value::Number(operand.values[0]),
            false => tensor.into(),
        };
        (operand.name, value)
    });
    let case = Case {
        operands: &operands,
        shape: &shape,
        grad: grad.as_deref().unwrap_or_default(),
        training: TrainingMode {
            seed: job.seed.unwrap_or_default(),
            ..TrainingMode::default()
        },
    };
    let seed = case.training.seed;
    let Some(grad) = &grad else {
        let given = values.collect::<Operands<'_>>().random(seed, 0);
        let output = gpu.evaluate(expression, given);
        let output = output.map_err(|error| case.blame(error))?;
        outputs.begin("--output", Layout::row_major(&shape), operands[0].dtype);
        let compare =
            |dtype, element, got| compare_unsigned(dtype, got, case.value(expression, element));
        outputs.write("--output", gpu, &output, job.check.then_some(compare))?;
        return Ok(expression.to_string());
    };
    let grad_output = gpu.upload(grad, &shape)?;
    let given = values.chain(iter::once((GRAD_OUTPUT, Value::from(&grad_output))));
    let given = given.collect::<Operands<'_>>().random(seed, 0);
    let wanted = job.grad_operand.iter().map(|operand| operand.name.as_str());
    let wanted: Vec<&str> = iter::once(X).chain(wanted).collect();
    let fused = expression.fuse_gradients(wanted.iter().copied())?;
    let gradients = gpu.run(&fused, &given);
    let gradients = gradients.map_err(|error| case.blame(error))?;
    for (name, gradient) in wanted.into_iter().zip(gradients) {
        let option = match name {
            X => "--output".to_owned(),
            name => format!("--grad-operand {name}"),
        };
        let operand = operands.iter().find(|operand| operand.name == name);
        let operand = operand.ok_or_else(|| anyhow!("{option}: there is no operand {name}"))?;
        let layout = Layout::row_major(&operand.shape);
        outputs.begin_sums(&option, layout, operand.dtype);
        let of = expression.gradient(name)?;
        let sums = job.check.then(|| case.sums(&of, operand));
        let compare = sums
            .map(|sums| move |dtype, element: usize, got| compare_sum(dtype, sums[element], got));
        outputs.write(&option, gpu, &gradient, compare)?;
    }
    Ok(expression.to_string())
}

impl<'a> Operand<'a> {
    fn read(job: &Job, name: &'a str, input: Input) -> Result<Self> {
        let (option, dtype) = (input.name.clone(), job.dtype(&input));
        let npy = input.read_all()?.in_order(Order::C);
        Ok(Self {
            name,
            option,
            shape: npy.layout.shape,
            values: npy.values,
            is_number: false,
            dtype,
        })
    }

    fn number(job: &Job, name: &'a str, number: f32) -> Self {
        Self {
            name,
            option: format!("--operand {name}={number}"),
            shape: vec![],
            values: vec![number],
            is_number: true,
            dtype: job.dtype.unwrap_or_default(),
        }
    }
}

/// The shape to which all operands are broadcast.
fn joint(operands: &[Operand<'_>]) -> Result<Vec<usize>> {
    // Each dimension from the last one on, with the operand that has set it.
    let mut joint: Vec<(usize, &Operand<'_>)> = Vec::new();
    for operand in operands {
        for (position, &size) in operand.shape.iter().rev().enumerate() {
            match joint.get_mut(position) {
                None => joint.push((size, operand)),
                Some(known) if known.0 == 1 => *known = (size, operand),
                Some((known, other)) => ensure!(
                    size == 1 || size == *known,
                    "{}: its shape is {:?}, which does not broadcast together with {:?}, the shape of {}",
                    operand.option,
                    operand.shape,
                    other.shape,
                    other.option
                ),
            }
        }
    }
    Ok(joint.iter().rev().map(|(size, _)| *size).collect())
}

/// The operands of a computation, for f64 math on the CPU.
struct Case<'a> {
    operands: &'a [Operand<'a>],
    shape: &'a [usize],
    grad: &'a [f32],
    training: TrainingMode,
}

impl Case<'_> {
    /// The true value of an element.
    fn value(&self, expression: &Expression, element: usize) -> f64 {
        let value = |name: &str| {
            if name == GRAD_OUTPUT {
                return self.grad[element].into();
            }
            let operand = self.operands.iter().find(|operand| operand.name == name);
            operand.map_or(f64::NAN, |operand| {
                operand.values[place(element, &operand.shape, self.shape)].into()
            })
        };
        expression.evaluate_training(value, self.training, element as u64)
    }

    /// The gradient with respect to each value of an operand, and the sum of its terms' absolute
    /// values.
    fn sums(&self, gradient: &Expression, operand: &Operand<'_>) -> Vec<(f64, f64)> {
        let mut sums = vec![(0.0, 0.0); operand.values.len()];
        for element in 0..self.grad.len() {
            let term = self.value(gradient, element);
            let (sum, absolute) = &mut sums[place(element, &operand.shape, self.shape)];
            *sum += term;
            *absolute += term.abs();
        }
        sums
    }

    /// Names the command-line option that an error is about.
    fn blame(&self, error: Error) -> anyhow::Error {
        let Error::Argument { argument, message } = &error else {
            return error.into();
        };
        let operand = self
            .operands
            .iter()
            .find(|operand| operand.name == argument);
        match operand {
            Some(operand) => anyhow!("{}: {message}", operand.option),
            None => error.into(),
        }
    }
}

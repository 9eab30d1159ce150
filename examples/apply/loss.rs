//! The cross-entropy of logits and classes.

use anyhow::{Context, Result, ensure};
use wgpu_activations::{AxisFunction, AxisShape, CrossEntropy, Gpu, LossInput};

use crate::Job;
use crate::check::compare_unsigned;
use crate::input::{Input, Inputs};
use crate::npy::{Layout, Npy, Order};
use crate::output::Outputs;
use crate::ulp::Truth;

/// Computes the loss, or its gradient with respect to the logits, and returns a description of what
/// was done.
pub fn run(
    job: &Job,
    gpu: &Gpu,
    function: CrossEntropy,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) -> Result<String> {
    let Inputs {
        x,
        grad,
        weight,
        targets,
        ..
    } = inputs;
    let dtype = match grad {
        Some(_) => job.dtype(&x),
        None => job.dtype.unwrap_or_default(),
    };
    let read = |input: Input| anyhow::Ok(input.read_all()?.in_order(Order::C));
    let targets = targets.context("the classes are missing: give a file with --targets")?;
    let (name, targets) = (targets.name.clone(), read(targets)?);
    let classes = targets.values.iter().map(|&class| {
        let is_class = class.fract() == 0.0 && class.abs() <= 16_777_216.0;
        ensure!(is_class, "{name}: {class} is no class");
        Ok(class as i32)
    });
    let classes = classes.collect::<Result<Vec<_>>>()?;
    let (logits, grad) = (read(x)?, grad.map(read).transpose()?);
    let weight = weight.map(read).transpose()?;
    let axis = job.axis.unwrap_or(-1);

    let blame = |error| job.blame(error);
    let upload = |npy: &Npy| gpu.upload(&npy.values, &npy.layout.shape);
    let x = upload(&logits)?;
    let on_gpu = gpu.upload_targets(&classes, &targets.layout.shape)?;
    let weight_tensor = weight.as_ref().map(upload).transpose()?;
    let grad_tensor = grad.as_ref().map(upload).transpose()?;
    let mut input = LossInput::new(&x, &on_gpu);
    if let Some(weight) = &weight_tensor {
        input = input.weight(weight);
    }
    let output = match &grad_tensor {
        None => gpu.cross_entropy(function, axis, input).map_err(blame)?,
        Some(grad) => {
            let input = input.grad_output(grad);
            let both = gpu.cross_entropy_with_gradient(function, axis, input);
            let [_, gradient] = both.map_err(blame)?;
            gradient
        }
    };

    let truths = if job.check {
        let rows = AxisShape::along(&logits.layout.shape, axis)?;
        let f64s = |npy: &Npy| {
            npy.values
                .iter()
                .copied()
                .map(f64::from)
                .collect::<Vec<_>>()
        };
        let (x, weight) = (f64s(&logits), weight.as_ref().map(f64s));
        let weight = weight.as_deref();
        Some(match grad.as_ref().map(f64s) {
            None => (function.forward(rows, &x, &classes, weight)?, vec![]),
            Some(grad) => {
                let gradient = function.backward(rows, &x, &classes, weight, &grad)?;
                let scales = error_scales(function, rows, &x, &gradient)?;
                (gradient, scales)
            }
        })
    } else {
        None
    };
    let compare = truths.map(|(wanted, scales)| {
        move |dtype, position: usize, got| {
            let truth = Truth {
                value: wanted[position],
                magnitude: scales.get(position).copied().unwrap_or_default(),
            };
            compare_unsigned(dtype, got, truth)
        }
    });
    outputs.begin("--output", Layout::row_major(output.shape()), dtype);
    outputs.write("--output", gpu, &output, compare)?;
    Ok(format!("{function} along axis {axis}"))
}

/// A gradient is the difference of a probability and a share of the label, times a number. Where the
/// label is smoothed, both may be alike, and the bound is relative to the larger one. This returns
/// the size of the probability's term.
fn error_scales(
    function: CrossEntropy,
    rows: AxisShape,
    x: &[f64],
    gradient: &[f64],
) -> Result<Vec<f64>> {
    if function.label_smoothing == 0.0 && function.z_loss == 0.0 && function.softcap.is_none() {
        return Ok(vec![]);
    }
    let steepest = gradient.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    let probabilities = AxisFunction::SOFTMAX.forward(rows, x)?;
    Ok(probabilities.iter().map(|p| p * steepest).collect())
}

//! Functions along an axis.

use anyhow::Result;
use wgpu_activations::{AxisFunction, AxisInput, AxisShape, Error, Gpu, Saved, Tensor};

use crate::Job;
use crate::broadcast::place;
use crate::check::compare_unsigned;
use crate::input::{Input, Inputs};
use crate::npy::{Kind, Layout, Npy, Order};
use crate::output::Outputs;
use crate::ulp::Truth;

/// Applies a function, or its gradient, along an axis, by default the last, and returns a
/// description of what was done. Column-major tensors become row-major.
pub fn run(
    job: &Job,
    gpu: &Gpu,
    function: AxisFunction,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) -> Result<String> {
    let Inputs { x, grad, mask, .. } = inputs;
    let dtype = job.dtype(&x);
    let read = |input: Input| anyhow::Ok(input.read_all()?.in_order(Order::C));
    let (x, grad) = (read(x)?, grad.map(read).transpose()?);
    let is_boolean = mask
        .as_ref()
        .is_some_and(|mask| mask.header.number.kind == Kind::Bool);
    let mask = mask.map(read).transpose()?;
    let axis = job.axis.unwrap_or(-1);

    let blame = |error| job.blame(error);
    let upload = |npy: &Npy| gpu.upload(&npy.values, &npy.layout.shape);
    let x_tensor = upload(&x)?;
    let mask_tensor = mask.as_ref().map(upload).transpose()?;
    let inputs = mask_tensor
        .as_ref()
        .map_or(AxisInput::new(&x_tensor), |mask| match is_boolean {
            true => AxisInput::new(&x_tensor).boolean_mask(mask),
            false => AxisInput::new(&x_tensor).mask(mask),
        });
    let y = gpu.forward_axis(function, axis, inputs).map_err(blame)?;
    let (output, saved): (Tensor, Option<Vec<f32>>) = match &grad {
        None => (y, None),
        Some(grad) => {
            let is_output = function.info().saved == Saved::Output;
            let saved = if is_output { &y } else { &x_tensor };
            let gradient = gpu.backward_axis(function, axis, saved, &upload(grad)?);
            let gradient = gradient.map_err(blame)?;
            (gradient, Some(gpu.read_blocking(saved)?))
        }
    };

    let truths = if job.check {
        let rows = AxisShape::along(&x.layout.shape, axis)?;
        let f64s = |values: &[f32]| values.iter().copied().map(f64::from).collect::<Vec<_>>();
        let wanted = match (&saved, &grad) {
            (Some(saved), Some(grad)) => {
                function.backward(rows, &f64s(saved), &f64s(&grad.values))?
            }
            _ => function.forward(
                rows,
                &f64s(&logits(function, &x, mask.as_ref(), is_boolean)),
            )?,
        };
        let scales = error_scales(function, rows, &f64s(&x.values), grad.as_ref(), &wanted)?;
        Some((wanted, scales))
    } else {
        None
    };
    let compare = truths.map(|(wanted, scales)| {
        move |dtype, position: usize, got| {
            let truth = Truth {
                value: wanted[position],
                magnitude: scales.get(position).copied().unwrap_or_default(),
            };
            // The signs of zeros along an axis are not promised.
            compare_unsigned(dtype, got, truth)
        }
    });
    outputs.begin("--output", Layout::row_major(output.shape()), dtype);
    outputs.write("--output", gpu, &output, compare)?;
    Ok(format!("{function} along axis {axis}"))
}

/// The true value may be the sum of two terms that cancel. The bound is then relative to the larger
/// of the two terms, which this function returns.
fn error_scales(
    function: AxisFunction,
    rows: AxisShape,
    x: &[f64],
    grad: Option<&Npy>,
    wanted: &[f64],
) -> Result<Vec<f64>, Error> {
    let firsts = match (function, grad) {
        (AxisFunction::LogSoftmax { temperature }, Some(grad)) => grad
            .values
            .iter()
            .map(|&grad| f64::from(grad) / f64::from(temperature))
            .collect(),
        (AxisFunction::Logsumexp, None) if rows.length > 0 => AxisFunction::Maxout {
            groups: rows.length as u32,
        }
        .forward(rows, x)?,
        _ => vec![],
    };
    Ok(firsts
        .iter()
        .zip(wanted)
        .map(|(first, wanted)| first.abs().max((wanted - first).abs()))
        .collect())
}

/// Masks x as the kernels do: the sum is rounded, and a boolean mask of 0 gives what softmax or
/// softmin make 0 of.
fn logits(function: AxisFunction, x: &Npy, mask: Option<&Npy>, is_boolean: bool) -> Vec<f32> {
    let Some(mask) = mask else {
        return x.values.clone();
    };
    let sign = if matches!(function, AxisFunction::Softmin { .. }) {
        -1.0
    } else {
        1.0
    };
    let shape = &x.layout.shape;
    let masked = |(element, x): (usize, &f32)| {
        let mask = mask.values[place(element, &mask.layout.shape, shape)];
        match (is_boolean, mask == 0.0) {
            (false, _) => sign * (sign * x + mask),
            (true, true) => -sign * f32::INFINITY,
            (true, false) => *x,
        }
    };
    x.values.iter().enumerate().map(masked).collect()
}

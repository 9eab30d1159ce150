//! Functions along an axis.

use anyhow::{Result, bail};
use npyz::Order;
use wgpu_activations::{AxisFunction, AxisShape, Error, Gpu, MaskedInput, Saved};

use crate::check::{error_of, worst};
use crate::npy::Npy;
use crate::ulp::Truth;
use crate::{Job, print_worst, read, unit, write};

/// Applies a function, or its gradient, along an axis, by default the last. Column-major tensors
/// become row-major.
pub fn run(job: &Job, function: AxisFunction, x: Npy, grad: Option<Npy>) -> Result<()> {
    if let Some(path) = &job.weight {
        bail!(
            "--weight {}: {} has no learned parameter",
            path.display(),
            function.info().name
        );
    }
    let mask = job
        .mask
        .as_ref()
        .map(|path| read("--mask", path))
        .transpose()?;
    let x = x.in_order(Order::C);
    let [grad, mask] = [grad, mask].map(|npy| npy.map(|npy| npy.in_order(Order::C)));
    let axis = job.axis.unwrap_or(-1);

    let gpu = Gpu::new_blocking()?;
    let upload = |npy: &Npy| npy.upload(&gpu, &npy.shape);
    let x_tensor = upload(&x)?;
    let mask_tensor = mask.as_ref().map(upload).transpose()?;
    let inputs = mask_tensor
        .as_ref()
        .map_or(MaskedInput::unmasked(&x_tensor), |mask| {
            MaskedInput::new(&x_tensor, mask)
        });
    let y = gpu
        .forward_axis(function, axis, inputs)
        .map_err(|error| blame(job, error))?;
    let (pass, output, saved) = match &grad {
        None => ("forward", y, None),
        Some(grad) => {
            let saved = if function.info().saved == Saved::Output {
                &y
            } else {
                &x_tensor
            };
            let gradient = gpu.backward_axis(function, axis, saved, &upload(grad)?);
            let gradient = gradient.map_err(|error| blame(job, error))?;
            let saved = gpu.read_blocking(saved)?;
            ("backward", gradient, Some(saved))
        }
    };
    let values = gpu.read_blocking(&output)?;
    let output = Npy {
        shape: output.shape().to_vec(),
        order: Order::C,
        dtype: output.dtype(),
        values,
    };

    if job.check {
        let rows = AxisShape::along(&x.shape, axis)?;
        let f64s = |values: &[f32]| {
            values
                .iter()
                .map(|&value| f64::from(value))
                .collect::<Vec<_>>()
        };
        let wanted = match (&saved, &grad) {
            (Some(saved), Some(grad)) => {
                function.backward(rows, &f64s(saved), &f64s(&grad.values))?
            }
            _ => function.forward(rows, &f64s(&logits(function, &x, mask.as_ref())))?,
        };
        let terms = terms(function, rows, &f64s(&x.values), grad.as_ref(), &wanted)?;
        let worst = worst(&output.values, |position, got| {
            let truth = Truth {
                value: wanted[position],
                magnitude: terms.get(position).copied().unwrap_or_default(),
            };
            // The signs of zeros along an axis are not promised.
            let is_zero = got == 0.0 && truth.value == 0.0;
            (
                truth.value,
                if is_zero {
                    0.0
                } else {
                    error_of(output.dtype, got, truth)
                },
            )
        });
        print_worst("--output", worst, unit(&output), &output, None);
    }
    let count = x.values.len();
    write(&[("--output", &job.output, output)])?;
    println!(
        "{pass} of {function} along axis {axis}: {count} elements on {}",
        gpu.device().adapter_info().name
    );
    Ok(())
}

/// The true value may be the sum of two terms that cancel. The bound is then relative to the larger
/// of the two terms, which this function returns.
fn terms(
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

/// Adds the mask to x, rounded as the kernels do it.
fn logits(function: AxisFunction, x: &Npy, mask: Option<&Npy>) -> Vec<f32> {
    let Some(mask) = mask else {
        return x.values.clone();
    };
    let sign = if matches!(function, AxisFunction::Softmin { .. }) {
        -1.0
    } else {
        1.0
    };
    x.values
        .iter()
        .zip(mask.values.iter().cycle())
        .map(|(x, mask)| sign * (sign * x + mask))
        .collect()
}

/// Names the command-line option that an error is about.
fn blame(job: &Job, error: Error) -> anyhow::Error {
    let Error::Argument { argument, .. } = &error else {
        return error.into();
    };
    let (option, path) = match argument.as_ref() {
        "axis" => return anyhow::Error::new(error).context("--axis"),
        "grad_output" => ("--grad", &job.grad),
        "mask" => ("--mask", &job.mask),
        _ => return error.into(),
    };
    let path = path.as_deref().unwrap_or_else(|| std::path::Path::new(""));
    anyhow::Error::new(error).context(format!("{option} {}", path.display()))
}

//! Gated units.

use anyhow::{Result, bail};
use clap::ValueEnum;
use npyz::Order;
use wgpu_activations::{Error, Glu, GluLayout, Gpu};

use crate::check::{error_of, worst};
use crate::npy::Npy;
use crate::{Job, print_worst, read, unit, write};

/// The split of a tensor into values and gates.
#[derive(Clone, Copy, ValueEnum)]
pub enum Half {
    /// First all values, then all gates, as in PyTorch's glu.
    ValueGate,
    /// First all gates, then all values, as in LLaMA.
    GateValue,
    /// Gates and values alternate, beginning with a gate, as in gpt-oss.
    Alternating,
}

impl From<Half> for GluLayout {
    fn from(half: Half) -> Self {
        match half {
            Half::ValueGate => GluLayout::ValueGate,
            Half::GateValue => GluLayout::GateValue,
            Half::Alternating => GluLayout::Interleaved,
        }
    }
}

/// Applies a gated unit, or its gradients, to two tensors, or to one that is split along an axis,
/// by default the last. Column-major tensors become row-major.
pub fn run(job: &Job, gated: Glu, x: Npy, grad: Option<Npy>) -> Result<()> {
    if let Some(path) = job.weight.as_ref().or(job.mask.as_ref()) {
        bail!(
            "{}: {gated} takes neither --weight nor --mask",
            path.display()
        );
    }
    let gate = job
        .gate
        .as_ref()
        .map(|path| read("--gate", path))
        .transpose()?;
    let x = x.in_order(Order::C);
    let [grad, gate] = [grad, gate].map(|npy| npy.map(|npy| npy.in_order(Order::C)));
    let (axis, halves) = (
        job.axis.unwrap_or(-1),
        job.halves.unwrap_or(Half::ValueGate).into(),
    );

    let gpu = Gpu::new_blocking()?;
    let upload = |npy: &Npy| npy.upload(&gpu, &npy.shape);
    let (x_tensor, gate_tensor) = (upload(&x)?, gate.as_ref().map(upload).transpose()?);
    let grad_tensor = grad.as_ref().map(upload).transpose()?;
    let blame = |error| blame(job, error);
    let (pass, outputs) = match (&gate_tensor, &grad_tensor) {
        (None, None) => (
            "forward",
            vec![
                gpu.glu_split(gated, axis, halves, &x_tensor)
                    .map_err(blame)?,
            ],
        ),
        (Some(gate), None) => (
            "forward",
            vec![gpu.glu(gated, &x_tensor, gate).map_err(blame)?],
        ),
        (None, Some(grad)) => (
            "backward",
            vec![
                gpu.glu_split_backward(gated, axis, halves, &x_tensor, grad)
                    .map_err(blame)?,
            ],
        ),
        (Some(gate), Some(grad)) => (
            "backward",
            gpu.glu_backward(gated, &x_tensor, gate, grad)
                .map_err(blame)?
                .into(),
        ),
    };
    let places = [
        ("--output", Some(&job.output)),
        ("--grad-gate", job.grad_gate.as_ref()),
    ];
    let mut results = Vec::new();
    for (tensor, (option, path)) in outputs.iter().zip(places) {
        let values = gpu.read_blocking(tensor)?;
        results.extend(path.map(|path| {
            (
                option,
                path,
                Npy {
                    shape: tensor.shape().to_vec(),
                    order: Order::C,
                    dtype: tensor.dtype(),
                    values,
                },
            )
        }));
    }

    if job.check {
        for (option, _, npy) in &results {
            let wanted = wanted(
                gated,
                &x,
                gate.as_ref(),
                grad.as_ref(),
                (axis, halves),
                *option == "--grad-gate",
            );
            let worst = worst(&npy.values, |position, got| {
                let wanted = wanted(position);
                // The signs of zeros are not promised.
                (
                    wanted,
                    if got == 0.0 && wanted == 0.0 {
                        0.0
                    } else {
                        error_of(npy.dtype, got, wanted)
                    },
                )
            });
            print_worst(option, worst, unit(npy), npy, None);
        }
    }
    write(&results)?;
    println!(
        "{pass} of {gated}: {} elements on {}",
        x.values.len(),
        gpu.device().adapter_info().name
    );
    Ok(())
}

/// Returns the true value at each position of the output, or of the gate's gradient.
fn wanted<'a>(
    gated: Glu,
    x: &'a Npy,
    gate: Option<&'a Npy>,
    grad: Option<&'a Npy>,
    (axis, halves): (isize, GluLayout),
    is_of_gate: bool,
) -> impl Fn(usize) -> f64 + 'a {
    let position = if axis < 0 {
        axis + x.shape.len() as isize
    } else {
        axis
    } as usize;
    let (length, inner) = match gate {
        Some(_) => (1, 1),
        None => (
            x.shape[position] / 2,
            x.shape[position + 1..].iter().product(),
        ),
    };
    let value_at = |element: usize| f64::from(x.values[element]);
    move |element| {
        if let Some(gate) = gate {
            let (value, gate) = (value_at(element), f64::from(gate.values[element]));
            return match grad {
                None => gated.forward(value, gate),
                Some(grad) => gated.backward(value, gate, grad.values[element].into())
                    [usize::from(is_of_gate)],
            };
        }
        // The positions in x of the value and the gate that belong to this output.
        let places = |output: usize| {
            let (row, j, k) = (
                output / (length * inner),
                output / inner % length,
                output % inner,
            );
            let at = |j: usize| (row * 2 * length + j) * inner + k;
            match halves {
                GluLayout::ValueGate => [at(j), at(length + j)],
                GluLayout::GateValue => [at(length + j), at(j)],
                _ => [at(2 * j + 1), at(2 * j)],
            }
        };
        match grad {
            None => {
                let [value, gate] = places(element);
                gated.forward(value_at(value), value_at(gate))
            }
            Some(grad) => {
                // This element of x belongs to this pair of value and gate.
                let (row, j, k) = (
                    element / (2 * length * inner),
                    element / inner % (2 * length),
                    element % inner,
                );
                let pair = if matches!(halves, GluLayout::Interleaved) {
                    j / 2
                } else {
                    j % length
                };
                let output = (row * length + pair) * inner + k;
                let [value, gate] = places(output);
                let gradients =
                    gated.backward(value_at(value), value_at(gate), grad.values[output].into());
                gradients[usize::from(element == gate)]
            }
        }
    }
}

/// Names the command-line option that an error is about.
fn blame(job: &Job, error: Error) -> anyhow::Error {
    let Error::Argument { argument, .. } = &error else {
        return error.into();
    };
    let (option, path) = match argument.as_ref() {
        "axis" | "x" => return anyhow::Error::new(error).context("--axis"),
        "grad_output" => ("--grad", &job.grad),
        "gate" => ("--gate", &job.gate),
        _ => return error.into(),
    };
    let path = path.as_deref().unwrap_or_else(|| std::path::Path::new(""));
    anyhow::Error::new(error).context(format!("{option} {}", path.display()))
}

//! Gated units.

use anyhow::Result;
use wgpu_activations::{Glu, GluLayout, Gpu};

use crate::Job;
use crate::check::compare_unsigned;
use crate::input::{Input, Inputs};
use crate::npy::{Layout, Npy, Order};
use crate::output::Outputs;
use crate::pieces::{Cut, Pieces};

/// Applies a gated unit, or its gradients, and returns a description of what was done.
pub fn run(
    job: &Job,
    gpu: &Gpu,
    glu: Glu,
    mut inputs: Inputs<'_>,
    outputs: &mut Outputs,
) -> Result<String> {
    match inputs.gate.take() {
        Some(gate) => of_two(job, gpu, glu, gate, inputs, outputs)?,
        None => of_one(job, gpu, glu, inputs, outputs)?,
    }
    Ok(glu.to_string())
}

/// Applies it to two tensors, in pieces.
fn of_two(
    job: &Job,
    gpu: &Gpu,
    glu: Glu,
    gate: Input,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) -> Result<()> {
    let Inputs { x, grad, .. } = inputs;
    outputs.begin("--output", x.header.layout.clone(), job.dtype(&x));
    outputs.begin("--grad-gate", x.header.layout.clone(), job.dtype(&gate));
    let inputs = [x, gate].into_iter().chain(grad).collect();
    Pieces::new(inputs, Cut::Elements)?.each(|piece| {
        let tensors = piece.upload(gpu)?;
        let (value, gate) = (&tensors[0], &tensors[1]);
        let results = match tensors.get(2) {
            None => gpu.glu(glu, value, gate).map(|output| vec![output]),
            Some(grad) => gpu.glu_backward(glu, value, gate, grad).map(Vec::from),
        };
        let places = ["--output", "--grad-gate"].into_iter().enumerate();
        for ((which, option), result) in places.zip(results.map_err(|error| job.blame(error))?) {
            let compare = |dtype, element: usize, got| {
                let [value, gate] = [0, 1].map(|input| piece.values[input][element].into());
                let wanted = match piece.values.get(2) {
                    None => glu.forward(value, gate),
                    Some(grad) => glu.backward(value, gate, grad[element].into())[which],
                };
                // The signs of zeros are not promised.
                compare_unsigned(dtype, got, wanted)
            };
            outputs.write(option, gpu, &result, job.check.then_some(compare))?;
        }
        Ok(())
    })
}

/// Applies it to one tensor that is split along an axis, by default the last. Column-major tensors
/// become row-major.
fn of_one(job: &Job, gpu: &Gpu, glu: Glu, inputs: Inputs<'_>, outputs: &mut Outputs) -> Result<()> {
    let Inputs { x, grad, .. } = inputs;
    let dtype = job.dtype(&x);
    let read = |input: Input| anyhow::Ok(input.read_all()?.in_order(Order::C));
    let (x, grad) = (read(x)?, grad.map(read).transpose()?);
    let axis = job.axis.unwrap_or(-1);
    let layout = job.halves.unwrap_or_default();

    let upload = |npy: &Npy| gpu.upload(&npy.values, &npy.layout.shape);
    let tensor = upload(&x)?;
    let output = match &grad {
        None => gpu.glu_split(glu, axis, layout, &tensor),
        Some(grad) => gpu.glu_split_backward(glu, axis, layout, &tensor, &upload(grad)?),
    };
    let output = output.map_err(|error| job.blame(error))?;
    outputs.begin("--output", Layout::row_major(output.shape()), dtype);
    let wanted = wanted(glu, &x, grad.as_ref(), axis, layout);
    // The signs of zeros are not promised.
    let compare = |dtype, position, got| compare_unsigned(dtype, got, wanted(position));
    outputs.write("--output", gpu, &output, job.check.then_some(compare))
}

/// Returns the true value at each position of the result of one tensor.
fn wanted<'a>(
    glu: Glu,
    x: &'a Npy,
    grad: Option<&'a Npy>,
    axis: isize,
    layout: GluLayout,
) -> impl Fn(usize) -> f64 + 'a {
    let shape = &x.layout.shape;
    let position = if axis < 0 {
        axis + shape.len() as isize
    } else {
        axis
    } as usize;
    let (length, inner) = (
        shape[position] / 2,
        shape[position + 1..].iter().product::<usize>(),
    );
    let value_at = |element: usize| f64::from(x.values[element]);
    move |element| {
        // The positions in x of the value and the gate that belong to this output.
        let places = |output: usize| {
            let (row, j, k) = (
                output / (length * inner),
                output / inner % length,
                output % inner,
            );
            let at = |j: usize| (row * 2 * length + j) * inner + k;
            match layout {
                GluLayout::ValueGate => [at(j), at(length + j)],
                GluLayout::GateValue => [at(length + j), at(j)],
                _ => [at(2 * j + 1), at(2 * j)],
            }
        };
        match grad {
            None => {
                let [value, gate] = places(element);
                glu.forward(value_at(value), value_at(gate))
            }
            Some(grad) => {
                // This element of x belongs to this pair of value and gate.
                let (row, j, k) = (
                    element / (2 * length * inner),
                    element / inner % (2 * length),
                    element % inner,
                );
                let pair = if matches!(layout, GluLayout::Interleaved) {
                    j / 2
                } else {
                    j % length
                };
                let output = (row * length + pair) * inner + k;
                let [value, gate] = places(output);
                let gradients =
                    glu.backward(value_at(value), value_at(gate), grad.values[output].into());
                gradients[usize::from(element == gate)]
            }
        }
    }
}

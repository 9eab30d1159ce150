//! Activations.

use anyhow::{Result, bail};
use wgpu_activations::{Activation, Dtype, Gpu, TensorArgs};

use crate::Job;
use crate::check::{Case, compare_sum};
use crate::input::{Input, Inputs};
use crate::npy::{Layout, Npy, Order};
use crate::output::Outputs;
use crate::pieces::{Cut, Pieces};

/// Applies an activation, or its gradient, and returns a description of what was done.
pub fn run(
    job: &Job,
    gpu: &Gpu,
    activation: Activation,
    inputs: Inputs,
    outputs: &mut Outputs,
) -> Result<String> {
    let Inputs {
        x, grad, weight, ..
    } = inputs;
    let layout = x.header.layout.clone();
    let axis = channel_axis(job.axis, &layout)?;
    let weight = weight.map(Input::read_all).transpose()?;
    let weight = weight.map(|weight| weight.in_order(Order::C));
    let parameter = job.learned(activation);

    // A sum over all elements would depend on the cuts, and a weight that varies along the
    // outermost dimension would have to be cut, too.
    let cut = match (&weight, axis) {
        _ if job.grad_weight.is_some() => Cut::Nowhere,
        (Some(weight), Some(0)) if weight.values.len() != 1 => Cut::Nowhere,
        (Some(weight), _) if weight.values.len() != 1 => Cut::Slices,
        _ => Cut::Elements,
    };
    let axis = axis.filter(|_| cut != Cut::Elements);
    let inner = axis.map_or(1, |axis| {
        layout.row_major_shape()[axis + 1..].iter().product()
    });
    let upload = |weight: &Npy| match cut {
        Cut::Elements => gpu.upload(&weight.values, [1]),
        _ => gpu.upload(&weight.values, &weight.layout.shape),
    };
    let weight_tensor = weight.as_ref().map(upload).transpose()?;

    let dtype = job.dtype(&x);
    let inputs = std::iter::once(x).chain(grad).collect();
    outputs.begin("--output", layout, dtype);
    Pieces::new(inputs, cut)?.each(|piece| {
        let tensors = piece.upload(gpu)?;
        let (x, grad) = (&tensors[0], tensors.get(1));
        let args = match &weight_tensor {
            None => TensorArgs::from(x),
            Some(weight) => (x, [(parameter, weight)]).into(),
        };
        let args = axis.map_or(args.clone(), |axis| args.along(axis as isize));
        let output = match grad {
            None => gpu.forward(activation, args.clone()),
            Some(grad) => gpu.backward(activation, args.clone(), grad),
        };
        let output = output.map_err(|error| job.blame(error))?;

        let gradients = match grad {
            Some(grad) if job.grad_weight.is_some() => {
                Some(gpu.backward_parameter(activation, parameter, args, grad))
            }
            _ => None,
        };
        let gradients = gradients.transpose().map_err(|error| job.blame(error))?;

        let case = job.check.then(|| {
            let weight = weight.as_ref().map(|weight| (parameter, &*weight.values));
            let (x, grad) = (&piece.values[0], piece.values.get(1).map(Vec::as_slice));
            Case::new(activation, x, grad, weight, inner)
        });
        let compare = case
            .as_ref()
            .map(|case| |dtype, element, got| case.compare(dtype, element, got));
        outputs.write("--output", gpu, &output, compare)?;
        if let Some(gradients) = gradients {
            let dtype = job.dtype.map_or(Dtype::F32, Dtype::from);
            outputs.begin("--grad-weight", Layout::row_major(gradients.shape()), dtype);
            let sums = case.map(|case| case.parameter_gradients(parameter));
            let compare = sums.map(|sums| {
                move |dtype, channel: usize, got| compare_sum(dtype, sums[channel], got)
            });
            outputs.write("--grad-weight", gpu, &gradients, compare)?;
        }
        Ok(())
    })?;
    // A tensor of weights takes the place of the activation's own value.
    Ok(match weight {
        Some(_) => activation.info().name.to_owned(),
        None => activation.to_string(),
    })
}

/// Finds the dimension of the channels in the row-major shape. Returns `None` if x has fewer than
/// two dimensions and no axis was given.
fn channel_axis(given: Option<isize>, x: &Layout) -> Result<Option<usize>> {
    let dimensions = x.shape.len();
    let Some(axis) = given.or((dimensions > 1).then_some(1)) else {
        return Ok(None);
    };
    let from_start = if axis < 0 {
        axis.saturating_add_unsigned(dimensions)
    } else {
        axis
    };
    let position = usize::try_from(from_start)
        .ok()
        .filter(|&axis| axis < dimensions);
    let Some(position) = position else {
        bail!("--axis {axis}: {axis} is out of range for {dimensions} dimensions")
    };
    Ok(Some(match x.order {
        Order::C => position,
        Order::Fortran => dimensions - 1 - position,
    }))
}

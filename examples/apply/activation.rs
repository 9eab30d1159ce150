//! Activations.

use anyhow::Result;
use wgpu_activations::{Activation, Gpu, TensorArgs};

use crate::Job;
use crate::broadcast::Weight;
use crate::check::{Case, compare_sum};
use crate::input::Inputs;
use crate::npy::Layout;
use crate::output::Outputs;
use crate::pieces::{Cut, Pieces};

/// Applies an activation, or its gradient, and returns a description of what was done.
pub fn run(
    job: &Job,
    gpu: &Gpu,
    activation: Activation,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) -> Result<String> {
    let Inputs {
        x, grad, weight, ..
    } = inputs;
    let layout = x.header.layout.clone();
    let weight = weight.map(|weight| {
        let name = weight.name.clone();
        Weight::new(weight.read_all()?, &name, &layout, job.axis)
    });
    let weight = weight.transpose()?;
    let parameter = job.learned(activation);

    // A sum over all elements would depend on the cuts, and a weight that varies along the
    // outermost dimension would have to be cut, too.
    let cut = match &weight {
        _ if job.grad_weight.is_some() => Cut::Nowhere,
        Some(weight) if weight.values.len() == 1 => Cut::Elements,
        Some(weight) if weight.shape[0] == 1 => Cut::Slices,
        Some(_) => Cut::Nowhere,
        None => Cut::Elements,
    };
    let upload = |weight: &Weight| match cut {
        Cut::Elements => gpu.upload(&weight.values, [1]),
        _ => gpu.upload(&weight.values, &weight.shape),
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
        let output = match grad {
            None => gpu.forward(activation, args.clone()),
            Some(grad) if job.from_output => gpu.backward_from_output(activation, x, grad),
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
            let weight = weight.as_ref().map(|weight| (parameter, weight));
            let (x, grad) = (&piece.values[0], piece.values.get(1).map(Vec::as_slice));
            Case::new(activation, x, grad, weight, job.from_output)
        });
        let compare = case
            .as_ref()
            .map(|case| |dtype, element, got| case.compare(dtype, element, got));
        outputs.write("--output", gpu, &output, compare)?;
        if let Some(gradients) = gradients {
            let dtype = job.dtype.unwrap_or_default();
            let layout = weight
                .as_ref()
                .map_or(Layout::row_major(&[]), |weight| weight.layout.clone());
            outputs.begin_sums("--grad-weight", layout, dtype);
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

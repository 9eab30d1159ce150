//! Second derivatives, and derivatives with respect to parameters, against the f64 references.

use wgpu_activations::{Activation, Error, TensorArgs};

use crate::common::{self, Truth, Truths, ULPS_OF_OTHERS, Worst, activations, inputs};
use crate::support::{gpu, read, upload};

/// One in so many inputs is tried.
const STEP: usize = 4;

/// One in so many inputs of reductions is tried, as each takes a workgroup. The simulated devices
/// of hostile/ try more.
const STEP_OF_REDUCTIONS: usize = 997;

fn check(name: &str, x: &[f32], got: &[f32], truth: impl Fn(f64) -> Truth) -> Result<(), String> {
    let worst = Worst::of(Truths::of_others(x, truth).errors(got));
    println!("{name}: {}", worst.report);
    if worst.error <= ULPS_OF_OTHERS {
        Ok(())
    } else {
        Err(format!("{name}: {}", worst.report))
    }
}

fn second_derivative(activation: Activation, x: &[f32]) -> Result<Vec<f32>, Error> {
    let (x, ones) = (upload(x)?, upload(&vec![1.0; x.len()])?);
    let [grad_x, _] = gpu().double_backward(activation, &x, &ones, &ones)?;
    Ok(read(&grad_x))
}

#[test]
fn second_derivatives_are_within_the_bound() -> Result<(), Error> {
    let x = inputs(STEP);
    let mut failures = vec![];
    for activation in activations() {
        let got = second_derivative(activation, &x)?;
        let truth = |x| common::second_derivative(activation, x);
        failures.extend(check(&format!("{activation}''"), &x, &got, truth).err());
    }
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

#[test]
fn parameter_derivatives_are_within_the_bound() -> Result<(), Error> {
    let x = inputs(STEP_OF_REDUCTIONS);
    let (tensor, ones) = (upload(&x)?, upload(&vec![1.0; x.len()])?);
    let mut failures = vec![];
    for activation in activations() {
        for (parameter, value) in activation
            .parameters()
            .filter(|(parameter, _)| parameter.is_learnable())
        {
            // With a value for each x, each gradient is a sum of one term.
            let values = upload(&vec![value; x.len()])?;
            let inputs = TensorArgs::from((&tensor, [(parameter.name, &values)])).along(0);
            let got = gpu().backward_parameter(activation, parameter.name, inputs, &ones)?;
            let truth = |x| common::parameter_derivative(activation, parameter.name, x);
            let name = format!("{activation} by {}", parameter.name);
            failures.extend(check(&name, &x, &read(&got), truth).err());
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

//! Second derivatives, and derivatives with respect to parameters, against the f64 twins.

mod common;

use common::{Truth, Truths, ULPS_OF_OTHERS, Worst, activations, gpu, inputs, specials};
use wgpu_activations::{Activation, Error, TensorArgs};

/// One of so many inputs is tried.
const THINNING: usize = 4;

/// And of those of reductions, in which each takes a workgroup. (The simulated devices of hostile/ try more.)
const THINNING_OF_ROWS: usize = 997;

fn thinned(step: usize) -> Vec<f32> {
    specials()
        .into_iter()
        .chain(inputs().iter().step_by(step).copied())
        .collect()
}

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
    let (x, ones) = (
        gpu().upload(x, [x.len()])?,
        gpu().upload(&vec![1.0; x.len()], [x.len()])?,
    );
    let [grad_x, _] = gpu().double_backward(activation, &x, &ones, &ones)?;
    let [grad_x] = gpu().read_blocking([&grad_x])?;
    Ok(grad_x)
}

#[test]
fn second_derivatives_are_within_the_bound() -> Result<(), Error> {
    let x = thinned(THINNING);
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
    let x = thinned(THINNING_OF_ROWS);
    let tensor = gpu().upload(&x, [x.len()])?;
    let ones = gpu().upload(&vec![1.0; x.len()], [x.len()])?;
    let mut failures = vec![];
    for activation in activations() {
        for (parameter, value) in activation
            .parameters()
            .filter(|(parameter, _)| parameter.is_learnable())
        {
            // A value for each x: so that each is a sum of its own, of one term.
            let values = gpu().upload(&vec![value; x.len()], [x.len()])?;
            let inputs = TensorArgs::from((&tensor, [(parameter.name, &values)])).along(0);
            let [got] = gpu().read_blocking([&gpu().backward_parameter(
                activation,
                parameter.name,
                inputs,
                &ones,
            )?])?;
            let truth = |x| common::parameter_derivative(activation, parameter.name, x);
            failures.extend(
                check(
                    &format!("{activation} by {}", parameter.name),
                    &x,
                    &got,
                    truth,
                )
                .err(),
            );
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

/// The products with `grad_output` and `tangent`, and the other gradient of the two.
#[test]
fn double_backward_multiplies() -> Result<(), Error> {
    let activation = Activation::Relu;
    let tensor = |values: [f32; 6]| gpu().upload(&values, [2, 3]);
    let nan = f32::NAN;
    let (x, grad_output, tangent) = (
        tensor([-1.0, 2.0, 3.0, nan, 2.0, 2.0])?,
        tensor([3.0, 5.0, f32::INFINITY, 1.0, nan, 1.0])?,
        tensor([7.0, -2.0, 1.0, 1.0, 1.0, nan])?,
    );
    let [grad_x, grad_grad_output] =
        gpu().double_backward(activation, &x, &grad_output, &tangent)?;
    let [grad_x, grad_grad_output] = gpu().read_blocking([&grad_x, &grad_grad_output])?;
    assert_eq!(grad_x[..3], [0.0; 3]);
    assert!(grad_x[3..].iter().all(|value| value.is_nan()), "{grad_x:?}");
    assert_eq!(grad_grad_output[..3], [0.0, -2.0, 1.0]);
    assert!(
        grad_grad_output[3].is_nan() && grad_grad_output[4] == 1.0 && grad_grad_output[5].is_nan()
    );
    Ok(())
}

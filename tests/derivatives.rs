//! Second derivatives, and derivatives with respect to parameters, against the f64 twins.

mod common;

use common::{Truth, Worst, activations, error_at, gpu, inputs, specials};
use wgpu_activations::{Activation, Error, TensorInputs};

/// Twice as many operations as a first derivative has, and nobody follows them down a chain of layers.
const ULPS: f64 = 16.0;

/// Around a zero, where terms cancel: of the largest value, a quarter of what f32 resolves of it.
const OF_LARGEST: f64 = 1.0 / (1 << 22) as f64;

/// The inputs that a reduction is tried with: each is a row of its own.
const THINNING: usize = 97;

/// The errors, in ulps. Around a zero of the truth, errors are allowed that are small beside its largest value.
fn check(name: &str, x: &[f32], got: &[f32], truth: impl Fn(f64) -> Truth) -> Result<(), String> {
    let largest = x.iter().map(|&x| truth(f64::from(x)).value.abs()).filter(|y| y.is_finite()).fold(0.0, f64::max);
    let errors = x.iter().zip(got).map(|(&x, &got)| {
        let wanted = truth(f64::from(x)).value;
        // A zero has no sign to speak of here, nor has one that a subnormal x was flushed to: sums make it positive.
        let signs = if got == 0.0 { [got, -got] } else { [got; 2] };
        let [error, other] = signs.map(|got| error_at(x, got, &truth));
        let error = error.min(other);
        let [before, after] = [0.875, 1.125].map(|factor| truth(factor * f64::from(x)).value);
        let is_near_zero = before.signum() != after.signum();
        let is_small = (f64::from(got) - wanted).abs() <= OF_LARGEST * largest;
        (x, got, wanted, if is_near_zero && is_small { 0.0 } else { error })
    });
    let worst = Worst::of(errors);
    println!("{name}: {}", worst.report);
    if worst.error <= ULPS { Ok(()) } else { Err(format!("{name}: {}", worst.report)) }
}

fn second_derivative(activation: Activation, x: &[f32]) -> Result<Vec<f32>, Error> {
    let (x, ones) = (gpu().upload(x, [x.len()])?, gpu().upload(&vec![1.0; x.len()], [x.len()])?);
    let [grad_x, _] = gpu().double_backward(activation, &x, &ones, &ones)?;
    let [grad_x] = gpu().read_blocking([&grad_x])?;
    Ok(grad_x)
}

#[test]
fn second_derivatives_are_within_the_bound() -> Result<(), Error> {
    let x = inputs();
    let mut failures = vec![];
    for activation in activations() {
        let got = second_derivative(activation, x)?;
        let truth =
            |x| Truth { value: activation.second_derivative(x), magnitude: activation.magnitudes(x).second_derivative };
        failures.extend(check(&format!("{activation}''"), x, &got, truth).err());
    }
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

#[test]
fn parameter_derivatives_are_within_the_bound() -> Result<(), Error> {
    let x: Vec<_> = specials().into_iter().chain(inputs().iter().step_by(THINNING).copied()).collect();
    let tensor = gpu().upload(&x, [x.len()])?;
    let ones = gpu().upload(&vec![1.0; x.len()], [x.len()])?;
    let mut failures = vec![];
    for activation in activations() {
        for (parameter, value) in activation.parameters().filter(|(parameter, _)| parameter.is_learnable()) {
            // A value for each x: so that each is a sum of its own, of one term.
            let values = gpu().upload(&vec![value; x.len()], [x.len()])?;
            let inputs = TensorInputs::from((&tensor, [(parameter.name, &values)])).along(0);
            let [got] =
                gpu().read_blocking([&gpu().backward_parameter(activation, parameter.name, inputs, &ones)?])?;
            let truth = |x| Truth {
                value: activation.parameter_derivative(parameter.name, x).expect("it can be learned"),
                magnitude: activation.magnitudes(x).parameters,
            };
            failures.extend(check(&format!("{activation} by {}", parameter.name), &x, &got, truth).err());
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
    let [grad_x, grad_grad_output] = gpu().double_backward(activation, &x, &grad_output, &tangent)?;
    let [grad_x, grad_grad_output] = gpu().read_blocking([&grad_x, &grad_grad_output])?;
    assert_eq!(grad_x[..3], [0.0; 3]);
    assert!(grad_x[3..].iter().all(|value| value.is_nan()), "{grad_x:?}");
    assert_eq!(grad_grad_output[..3], [0.0, -2.0, 1.0]);
    assert!(grad_grad_output[3].is_nan() && grad_grad_output[4] == 1.0 && grad_grad_output[5].is_nan());
    Ok(())
}

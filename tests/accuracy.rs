//! Every activation, forward and backward, against its f64 twin.

mod common;

use common::{
    Random, SMALLEST_NORMAL, Truth, Worst, activations, error, error_at, gpu, inputs, is_asked_for,
    moved_zeros, specials, truths_at_moved_zeros,
};
use wgpu_activations::{Activation, Error, reference};

/// The project's contract: no result is further from the truth, in units of the last place of the truth.
const ULPS: f64 = 4.0;

/// A product has the derivative's error, which its own binade can double, and one rounding.
const ULPS_OF_PRODUCT: f64 = 2.0 * ULPS + 0.5;

/// How much looser than the errors found here a bound may be: what a sweep over all inputs, other adapters and hostile
/// arithmetic find beyond the inputs of this test.
const SLACK: f64 = 0.5;

/// Compares the worst errors of each activation, over all parameters, with the bounds in the list.
fn check_bounds(direction: usize, found: &[(Activation, Worst)]) {
    let mut failures = vec![];
    for info in Activation::list().iter().filter(|info| is_asked_for(info)) {
        let errors = found
            .iter()
            .filter(|(activation, _)| activation.info().name == info.name);
        let (activation, worst) = errors
            .max_by(|a, b| a.1.error.total_cmp(&b.1.error))
            .expect("it was tried");
        let (bound, name) = (info.ulps[direction], ["", "'"][direction]);
        assert!(bound <= ULPS, "{activation}{name} is allowed {bound} ulp");
        if worst.error > bound {
            failures.push(format!(
                "{activation}{name} is allowed {bound} ulp: {}",
                worst.report
            ));
        }
        // Other devices may be better, fused multiplication and addition above all.
        let is_usual = gpu().device().adapter_info().name.contains("llvmpipe");
        if is_usual && worst.error < bound - SLACK {
            failures.push(format!(
                "{activation}{name} is allowed {bound} ulp, and has only {}",
                worst.report
            ));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

fn forward(activation: Activation, x: &[f32]) -> Result<Vec<f32>, Error> {
    let x = gpu().upload(x, [x.len()])?;
    let [y] = gpu().read_blocking([&gpu().forward(activation, &x)?])?;
    Ok(y)
}

fn backward(activation: Activation, x: &[f32], grad_output: &[f32]) -> Result<Vec<f32>, Error> {
    let (x, grad_output) = (
        gpu().upload(x, [x.len()])?,
        gpu().upload(grad_output, [x.len()])?,
    );
    let [grad_input] = gpu().read_blocking([&gpu().backward(activation, &x, &grad_output)?])?;
    Ok(grad_input)
}

/// The worst errors where terms cancel at places that parameters decide.
fn at_moved_zeros(direction: usize) -> Result<Vec<(Activation, Worst)>, Error> {
    const COUNT: usize = 400;
    let of_one = |(activation, x): (Activation, Vec<f32>)| {
        let y = [
            forward(activation, &x)?,
            backward(activation, &x, &vec![1.0; x.len()])?,
        ];
        let truth = |x| truths_at_moved_zeros(activation, x)[direction];
        let results = x.iter().zip(&y[direction]);
        let errors =
            results.map(|(&x, &got)| (x, got, truth(f64::from(x)).value, error_at(x, got, truth)));
        Ok((activation, Worst::of(errors)))
    };
    moved_zeros(COUNT).into_iter().map(of_one).collect()
}

#[test]
fn forward_is_within_the_bound() -> Result<(), Error> {
    let x = inputs();
    let mut found = vec![];
    for activation in activations() {
        let y = forward(activation, x)?;
        let truth = |x| Truth::forward(activation, x);
        let errors = x
            .iter()
            .zip(&y)
            .map(|(&x, &y)| (x, y, truth(f64::from(x)).value, error_at(x, y, truth)));
        let worst = Worst::of(errors);
        println!("{activation}: {}", worst.report);
        found.push((activation, worst));
    }
    found.extend(at_moved_zeros(0)?);
    check_bounds(0, &found);
    Ok(())
}

#[test]
fn derivative_is_within_the_bound() -> Result<(), Error> {
    let x = inputs();
    let mut found = vec![];
    for activation in activations() {
        let grad = backward(activation, x, &vec![1.0; x.len()])?;
        let truth = |x| Truth::backward(activation, x, 1.0);
        let errors = x
            .iter()
            .zip(&grad)
            .map(|(&x, &got)| (x, got, truth(f64::from(x)).value, error_at(x, got, truth)));
        let worst = Worst::of(errors);
        println!("{activation}': {}", worst.report);
        found.push((activation, worst));
    }
    found.extend(at_moved_zeros(1)?);
    check_bounds(1, &found);
    Ok(())
}

/// The gradient. A derivative beyond the largest f32 is infinite before it is multiplied.
fn product(activation: Activation, x: f64, grad_output: f64) -> Truth {
    let derivative = activation.derivative(x);
    let in_f32 = f64::from(derivative as f32);
    let value = reference::scaled(
        if in_f32.is_infinite() {
            in_f32
        } else {
            derivative
        },
        grad_output,
    );
    Truth {
        value,
        ..Truth::backward(activation, x, grad_output)
    }
}

#[test]
fn gradients_are_the_product_with_the_derivative() -> Result<(), Error> {
    let x = inputs();
    let mut random = Random(2);
    let grad_output: Vec<f32> = x.iter().map(|_| random.between(-100.0, 100.0)).collect();
    for activation in activations() {
        let grad = backward(activation, x, &grad_output)?;
        let worst = Worst::of(x.iter().zip(&grad_output).zip(&grad).map(
            |((&x, &grad_output), &got)| {
                let truth = |x| product(activation, x, f64::from(grad_output));
                let wanted = truth(f64::from(x)).value;
                // A derivative below the smallest normal number may be off by that much before it is multiplied.
                let tiny = activation.derivative(f64::from(x)).abs() < SMALLEST_NORMAL
                    && (f64::from(got) - wanted).abs()
                        <= f64::from(grad_output).abs() * SMALLEST_NORMAL;
                (
                    x,
                    got,
                    wanted,
                    if tiny { 0.0 } else { error_at(x, got, truth) },
                )
            },
        ));
        assert!(
            worst.error <= ULPS_OF_PRODUCT,
            "{activation}: {}",
            worst.report
        );
    }
    Ok(())
}

/// Every special x with every special `grad_output`.
#[test]
fn specials_go_through_backward() -> Result<(), Error> {
    let all: Vec<f32> = specials()
        .into_iter()
        .filter(|x| !x.is_subnormal())
        .collect();
    let (x, grad_output): (Vec<f32>, Vec<f32>) = all
        .iter()
        .flat_map(|&x| all.iter().map(move |&grad| (x, grad)))
        .unzip();
    for activation in activations() {
        let grad = backward(activation, &x, &grad_output)?;
        for ((&x, &grad_output), &got) in x.iter().zip(&grad_output).zip(&grad) {
            let derivative = activation.derivative(f64::from(x));
            if derivative != 0.0 && derivative.abs() < SMALLEST_NORMAL {
                continue; // may or may not be flushed: 0 or tiny, and 0 · Inf or Inf
            }
            let wanted = product(activation, f64::from(x), f64::from(grad_output));
            let off = error(got, wanted);
            assert!(
                off <= ULPS_OF_PRODUCT,
                "{activation} at {x:e} with {grad_output:e}: got {got:e}, wanted {:e}",
                wanted.value
            );
        }
    }
    Ok(())
}

/// What the docs say of infinities and zeros, in numbers of their own rather than the twins'.
#[test]
fn limits_and_zeros() -> Result<(), Error> {
    let infinity = f32::INFINITY;
    let x = [infinity, -infinity, 0.0, -0.0];
    for (text, wanted_y, wanted_grad) in [
        ("relu", [infinity, 0.0, 0.0, -0.0], [1.0, 0.0, 0.0, 0.0]),
        (
            "leaky_relu(negative_slope=0.2)",
            [infinity, -infinity, 0.0, -0.0],
            [1.0, 0.2, 0.2, 0.2],
        ),
        (
            "leaky_relu(negative_slope=0)",
            [infinity, 0.0, 0.0, -0.0],
            [1.0, 0.0, 0.0, 0.0],
        ),
        (
            "prelu",
            [infinity, -infinity, 0.0, -0.0],
            [1.0, 0.25, 0.25, 0.25],
        ),
        (
            "elu(alpha=2)",
            [infinity, -2.0, 0.0, -0.0],
            [1.0, 0.0, 2.0, 2.0],
        ),
        ("sigmoid", [1.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.25, 0.25]),
        ("tanh", [1.0, -1.0, 0.0, -0.0], [0.0, 0.0, 1.0, 1.0]),
    ] {
        let activation = text.parse().expect("an activation");
        let (y, grad) = (
            forward(activation, &x)?,
            backward(activation, &x, &[1.0; 4])?,
        );
        let bits = |values: &[f32]| {
            values
                .iter()
                .map(|value| value.to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!(bits(&y), bits(&wanted_y), "{text}({x:?}) = {y:?}");
        assert_eq!(bits(&grad), bits(&wanted_grad), "{text}'({x:?}) = {grad:?}");
    }
    Ok(())
}

#[test]
fn nan_is_never_hidden() -> Result<(), Error> {
    let quiet_and_signalling = [
        f32::NAN,
        -f32::NAN,
        f32::from_bits(0x7f80_0001),
        f32::from_bits(0xffbf_ffff),
    ];
    let numbers = [-2.0, -0.0, 0.0, 3.0];
    for activation in activations() {
        let outputs = [
            forward(activation, &quiet_and_signalling)?,
            backward(activation, &quiet_and_signalling, &numbers)?,
            backward(activation, &numbers, &quiet_and_signalling)?,
        ];
        assert!(
            outputs.iter().flatten().all(|y| y.is_nan()),
            "{activation}: {outputs:?}"
        );
    }
    Ok(())
}

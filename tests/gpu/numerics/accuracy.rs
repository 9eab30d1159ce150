//! Every activation, forward and backward, against its f64 reference.

use wgpu_activations::{Activation, Error};

use crate::common::{
    Random, SMALLEST_NORMAL, Truth, Truths, Worst, activations, error_at, full_or, inputs,
    is_asked_for, is_full, moved_zeros, truths_at_moved_zeros,
};
use crate::special_values::{ULPS_OF_PRODUCT, product};
use crate::support::{backward, forward, gpu};

/// The project's contract: no result is further from the truth, in units of the last place of the
/// truth.
const ULPS: f64 = 4.0;

/// The room between a bound and the errors that the full suite finds. Sweeps over all inputs, other
/// adapters and hostile arithmetic find a little more than its inputs do.
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
        // Only llvmpipe's errors tell a bound that is too loose: other devices fuse products and
        // sums, which makes errors smaller. The fast suite may miss the worst inputs.
        let is_usual = gpu().device().adapter_info().name.contains("llvmpipe");
        if is_usual && is_full() && worst.error < bound - SLACK {
            failures.push(format!(
                "{activation}{name} is allowed {bound} ulp, and has only {}",
                worst.report
            ));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The worst errors where terms cancel at places that depend on the parameters.
fn at_moved_zeros(direction: usize) -> Result<Vec<(Activation, Worst)>, Error> {
    let of_one = |(activation, x): (Activation, Vec<f32>)| {
        let y = match direction {
            0 => forward(activation, &x)?,
            _ => backward(activation, &x, &vec![1.0; x.len()])?,
        };
        let truths = Truths::new(&x, |x| truths_at_moved_zeros(activation, x)[direction]);
        Ok((activation, Worst::of(truths.errors(&y))))
    };
    moved_zeros(full_or(400, 80))
        .into_iter()
        .map(of_one)
        .collect()
}

#[test]
fn forward_is_within_the_bound() -> Result<(), Error> {
    let x = inputs(1);
    let mut found = vec![];
    for activation in activations() {
        let y = forward(activation, &x)?;
        let worst = Worst::of(Truths::new(&x, |x| Truth::forward(activation, x)).errors(&y));
        println!("{activation}: {}", worst.report);
        found.push((activation, worst));
    }
    found.extend(at_moved_zeros(0)?);
    check_bounds(0, &found);
    Ok(())
}

#[test]
fn derivative_is_within_the_bound() -> Result<(), Error> {
    let x = inputs(1);
    let ones = vec![1.0; x.len()];
    let mut found = vec![];
    for activation in activations() {
        let grad = backward(activation, &x, &ones)?;
        let truths = Truths::new(&x, |x| Truth::backward(activation, x, 1.0));
        let worst = Worst::of(truths.errors(&grad));
        println!("{activation}': {}", worst.report);
        found.push((activation, worst));
    }
    found.extend(at_moved_zeros(1)?);
    check_bounds(1, &found);
    Ok(())
}

#[test]
fn gradients_are_the_product_with_the_derivative() -> Result<(), Error> {
    let x = inputs(1);
    let mut random = Random(2);
    let grad_output: Vec<f32> = x.iter().map(|_| random.between(-100.0, 100.0)).collect();
    for activation in activations() {
        let grad = backward(activation, &x, &grad_output)?;
        let error = |((&x, &grad_output), &got): ((&f32, &f32), &f32)| {
            let truth = |x| product(activation, x, f64::from(grad_output));
            let wanted = truth(f64::from(x));
            let error = error_at(x, got, |at| {
                if at == f64::from(x) {
                    wanted
                } else {
                    truth(at)
                }
            });
            // A derivative below the smallest normal number may be off by that much before it is
            // multiplied.
            let is_tiny = error > ULPS_OF_PRODUCT
                && activation.derivative(f64::from(x)).abs() < SMALLEST_NORMAL
                && (f64::from(got) - wanted.value).abs()
                    <= f64::from(grad_output).abs() * SMALLEST_NORMAL;
            (x, got, wanted.value, if is_tiny { 0.0 } else { error })
        };
        let worst = Worst::of(x.iter().zip(&grad_output).zip(&grad).map(error));
        assert!(
            worst.error <= ULPS_OF_PRODUCT,
            "{activation}: {}",
            worst.report
        );
    }
    Ok(())
}

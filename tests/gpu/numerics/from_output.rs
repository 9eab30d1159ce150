//! Gradients from the output in place of x: against the f64 references, at special values and with
//! parameters of any value; and the calls that are refused.

use wgpu_activations::{Activation, Dtype, Error, Gpu, Saved, reference};

use crate::common::{
    Random, Truth, Truths, Worst, activations, error, errors_with_any_parameters, inputs,
    inputs_of, of_any_parameters, specials,
};
use crate::special_values::ULPS_OF_PRODUCT;
use crate::support::{Guarded, bits, gpu, packed, read, refusal, run, upload};

/// The contract of all first derivatives.
const ULPS: f64 = 4.0;

fn is_told(activation: Activation) -> bool {
    activation.derivative_from_output(0.0).is_some()
}

/// The gradient for a `grad_output` of 1.
fn truth(activation: Activation, y: f64) -> Truth {
    let gradient = activation.backward_from_output(y, 1.0);
    gradient.expect("it is told").into()
}

fn gradient(activation: Activation, y: &[f32], grad_output: &[f32]) -> Result<Vec<f32>, Error> {
    let (y, grad_output) = (upload(y)?, upload(grad_output)?);
    Ok(read(&gpu().backward_from_output(
        activation,
        &y,
        &grad_output,
    )?))
}

#[test]
fn within_the_bound() -> Result<(), Error> {
    let y = inputs(1);
    let ones = vec![1.0; y.len()];
    let mut failures = vec![];
    for activation in activations().into_iter().filter(|&a| is_told(a)) {
        let told = activation.info().from_output.as_ref().expect("it is told");
        assert!(told.ulps <= ULPS, "{activation}");
        let got = gradient(activation, &y, &ones)?;
        let truths = Truths::new(&y, |y| truth(activation, y));
        let worst = Worst::of(truths.errors(&got));
        println!("{activation}: {}", worst.report);
        if worst.error > told.ulps {
            failures.push(format!(
                "{activation} is allowed {}: {}",
                told.ulps, worst.report
            ));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

#[test]
fn every_parameter_is_within_the_bound_or_refused() -> Result<(), Error> {
    let mut failures = vec![];
    let constants = of_any_parameters().into_iter();
    for activation in constants.filter(|a| a.info().saved == Saved::Either && a.checked().is_ok()) {
        let y = inputs_of(activation);
        let got = gradient(activation, &y, &vec![1.0; y.len()]);
        if !is_told(activation) {
            let refused = refusal(got);
            assert!(
                refused.contains("call backward with x"),
                "{activation}: {refused}"
            );
            continue;
        }
        // Zeros for subnormal parameters make a divisor of 0.
        let of_any = |activation: Activation, y| {
            let derivative = activation.derivative_from_output(y);
            Truth::from(derivative.unwrap_or(f64::NAN))
        };
        let errors = errors_with_any_parameters(activation, &y, &got?, true, of_any);
        let worst = Worst::of(errors);
        if worst.error > ULPS {
            failures.push(format!("{activation}: {}", worst.report));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

/// Every special y with every special `grad_output`: NaN is never hidden, and a derivative of 0 gives
/// 0.
#[test]
fn special_values() -> Result<(), Error> {
    let mut all = specials();
    all.retain(|y| !y.is_subnormal());
    let pairs = all
        .iter()
        .flat_map(|&y| all.iter().map(move |&grad| (y, grad)));
    let (y, grad_output): (Vec<f32>, Vec<f32>) = pairs.unzip();
    for activation in activations().into_iter().filter(|&a| is_told(a)) {
        let got = gradient(activation, &y, &grad_output)?;
        for ((&y, &grad_output), &got) in y.iter().zip(&grad_output).zip(&got) {
            let derivative = activation
                .derivative_from_output(y.into())
                .expect("it is told");
            let is_flushed = derivative != 0.0 && derivative.abs() < f64::from(f32::MIN_POSITIVE);
            if is_flushed {
                continue;
            }
            // A derivative beyond the largest f32 is infinite before it is multiplied.
            let derivative = match derivative as f32 {
                rounded if rounded.is_infinite() => f64::from(rounded),
                _ => derivative,
            };
            let wanted = reference::scaled(derivative, grad_output.into());
            let off = error(got, wanted);
            assert!(
                off <= ULPS_OF_PRODUCT,
                "{activation} at {y:e} with {grad_output:e}: got {got:e}, wanted {wanted:e}"
            );
        }
    }
    Ok(())
}

fn guarded(dtype: Dtype, values: &[f32], offset: usize) -> Guarded {
    match dtype {
        Dtype::F32 => Guarded::new(values, offset),
        _ => Guarded::packed16(dtype, &packed(dtype, values), offset),
    }
}

/// A training loop that computes in place has the bits of one that does not, at any offset, and with
/// 16 bits.
#[test]
fn in_place_and_apart() -> Result<(), Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(12));
    for activation in Activation::ALL.iter().copied().filter(|&a| is_told(a)) {
        for (dtype, length, offset) in [
            (Dtype::F32, 1027, 1),
            (Dtype::F16, 1027, 1),
            (Dtype::Bf16, 64, 8),
        ] {
            let [x, grad] = [(); 2].map(|()| random.vector(length));
            let [x, y, grad] = [&x, &x, &grad].map(|values| guarded(dtype, values, offset));
            let grad_x = Guarded::empty(dtype, length, 2 * offset);
            run(&kernels.forward(activation, x.slice(), y.slice())?);
            run(&kernels.backward_from_output(
                activation,
                y.slice(),
                grad.slice(),
                grad_x.slice(),
            )?);
            run(&kernels.forward_in_place(activation, x.slice())?);
            run(&kernels.backward_from_output_in_place(activation, x.slice(), grad.slice())?);
            let [wanted, got] = [&grad_x, &grad].map(|slice| bits(&slice.values()));
            assert_eq!(got, wanted, "{activation} of {dtype}");
        }
    }
    Ok(())
}

#[test]
fn refused() -> Result<(), Error> {
    let gpu = gpu();
    let y = gpu.upload(&[0.5; 6], [2, 3])?;
    let other = Gpu::new_blocking()?.upload(&[0.5; 6], [2, 3])?;
    let short = gpu.upload(&[0.5; 2], [2])?;
    let leaky = Activation::LeakyRelu {
        negative_slope: -0.5,
    };
    for (refused, wanted) in [
        (
            gpu.backward_from_output(Activation::Gelu, &y, &y),
            "activation: the derivative of gelu is no function of its output",
        ),
        (
            gpu.backward_from_output(leaky, &y, &y),
            "negative_slope: a gradient of leaky_relu from its output takes a number from 0.0 to 3.4028235e38, got -0.5",
        ),
        (
            gpu.backward_from_output(Activation::Relu, &y, &short),
            "grad_output: the shape is [2], but it must be [2, 3]",
        ),
        (
            gpu.backward_from_output(Activation::Relu, &other, &y),
            "y: ",
        ),
    ] {
        let refused = refusal(refused);
        assert!(refused.starts_with(wanted), "{refused}");
    }
    Ok(())
}

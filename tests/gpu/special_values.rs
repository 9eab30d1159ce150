//! Results at special values: zeros, infinities, NaN, the ends of f32. Nothing is thinned here.

use wgpu_activations::{Activation, Error, reference};

use crate::common::{SMALLEST_NORMAL, Truth, activations, error, specials};
use crate::support::{backward, bits, forward, gpu};

/// The bound of gradients. A product has the derivative's error of at most 4 ulp, which its own
/// binade can double, and one rounding.
pub const ULPS_OF_PRODUCT: f64 = 2.0 * 4.0 + 0.5;

/// The gradient. A derivative beyond the largest f32 is infinite before it is multiplied.
pub fn product(activation: Activation, x: f64, grad_output: f64) -> Truth {
    let truth = Truth::backward(activation, x, grad_output);
    let derivative = activation.derivative(x) as f32;
    if derivative.is_infinite() {
        let value = reference::scaled(f64::from(derivative), grad_output);
        Truth { value, ..truth }
    } else {
        truth
    }
}

/// Every special x is tried with every special `grad_output`.
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
                continue; // It may be flushed or not: 0 or a tiny number, and 0 · Inf or Inf.
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

/// The documents' limits at infinities and values at zeros, in numbers that do not come from the
/// references.
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

/// Double backward multiplies with `grad_output` and `tangent`, and has a gradient with respect to
/// `grad_output`.
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

//! Parameters of any value, and inputs at which something happens with them.

use wgpu_activations::{Activation, Parameter};

use super::{PART_OF_LARGEST, Truth, error_at, is_asked_for, specials};

/// Values that each parameter takes. NaN and the infinities can be learned; of these, constants
/// take the infinities.
const VALUES: [f32; 22] = [
    0.0,
    -0.0,
    1e-40,
    -1e-40,
    1e-30,
    -1e-30,
    1e-3,
    -1e-3,
    0.5,
    -0.5,
    0.9999999,
    2.0,
    -2.0,
    -7.3,
    1e3,
    -1e3,
    1e30,
    -1e30,
    3e38,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
];

/// Values that two parameters take at the same time.
const PAIRED: [f32; 8] = [0.0, 1e-20, 0.7, -0.7, 30.0, -2.5, 1e20, -1e30];

/// The products of x and a parameter at which functions bend, or their exponentials end.
const PRODUCTS: [f32; 17] = [
    1e-20, 1e-4, 0.02, 0.3, 0.7, 1.0, 1.2784646, 2.0, 5.0, 12.0, 20.0, 40.0, 70.0, 87.5, 100.0,
    150.0, 1e5,
];

/// Activations with every value of every parameter, and with pairs of values.
pub fn of_any_parameters() -> Vec<Activation> {
    let mut all = vec![];
    for &activation in Activation::ALL
        .iter()
        .filter(|activation| is_asked_for(activation.info()))
    {
        let with = |activation: Activation, parameter: &Parameter, value| {
            activation
                .with(parameter.name, value)
                .expect("its parameter")
        };
        for (position, (parameter, _)) in activation.parameters().enumerate() {
            let values = VALUES
                .into_iter()
                .filter(|value| !value.is_nan() || parameter.is_learnable());
            all.extend(values.map(|value| with(activation, parameter, value)));
            for (other, _) in activation.parameters().skip(position + 1) {
                let pairs = PAIRED.iter().flat_map(|a| PAIRED.map(|b| (*a, b)));
                all.extend(pairs.map(|(a, b)| with(with(activation, parameter, a), other, b)));
            }
        }
    }
    all
}

/// The special values, and those around which this activation bends.
pub fn inputs_of(activation: Activation) -> Vec<f32> {
    let mut x = specials();
    x.extend([1e-37, 1e-25, 1e-12, 1e-3, 0.3, 10.0, 1e3, 1e12, 1e19, 1e25].map(|x: f32| -x));
    x.extend([1e-37, 1e-25, 1e-12, 1e-3, 0.3, 10.0, 1e3, 1e12, 1e19, 1e25]);
    for (_, value) in activation.parameters() {
        let root = value.abs().sqrt();
        let kinks = [value, 1.0 / value, root, 1.0 / root];
        let around = |kink: f32| {
            (-2..=2).map(move |by: i32| f32::from_bits(kink.to_bits().wrapping_add_signed(by)))
        };
        x.extend(kinks.into_iter().flat_map(around));
        x.extend(PRODUCTS.map(|product| product / value));
    }
    let numbers: Vec<_> = x.into_iter().flat_map(|x| [x, -x]).collect();
    numbers
}

/// The activation with zeros in place of subnormal parameters: a device may take these for zeros.
fn flushed(activation: Activation) -> Activation {
    activation
        .parameters()
        .fold(activation, |flushed, (parameter, value)| {
            let value = if value.is_subnormal() {
                0f32.copysign(value)
            } else {
                value
            };
            flushed.with(parameter.name, value).expect("its parameter")
        })
}

/// The errors of results: for each input the input, the result, the true value and the error in
/// ulp. What is no first derivative nor the function itself may be off around its zeros by a part
/// of the values beside them.
///
/// Where a parameter is infinite, NaN is allowed for a number, and where one is NaN, references say
/// whether the formula uses it. Waves may be NaN from a product of 2^138 on. The sign of a zero is
/// not compared.
pub fn errors_with_any_parameters(
    activation: Activation,
    x: &[f32],
    got: &[f32],
    is_first: bool,
    truth: impl Fn(Activation, f64) -> Truth,
) -> Vec<(f32, f32, f64, f64)> {
    let is_infinite = activation
        .parameters()
        .any(|(_, value)| value.is_infinite());
    let is_wave = matches!(
        activation,
        Activation::Sine { .. } | Activation::Snake { .. } | Activation::SnakeBeta { .. }
    );
    let flushed = flushed(activation);
    let error_of = |x: f32, got: f32| {
        let mut products = activation
            .parameters()
            .map(|(_, value)| f64::from(value) * f64::from(x));
        let is_far = is_wave && products.any(|product| product.abs() >= 2f64.powi(138));
        let wanted = truth(activation, x.into());
        let is_tiny = x.is_subnormal()
            || activation
                .parameters()
                .any(|(_, value)| value.is_subnormal());
        let error_of = |activation| {
            error_at(x, got, |x| {
                let wanted = truth(activation, x);
                let is_zero = wanted.value == 0.0 && (got == 0.0 || is_tiny && got.is_subnormal());
                Truth {
                    value: if is_zero { got.into() } else { wanted.value },
                    ..wanted
                }
            })
        };
        let beside = [0.5, 2.0].map(|factor| truth(activation, factor * f64::from(x)).value);
        let changes_sign = beside[0].signum() != beside[1].signum();
        let largest = beside[0].abs().max(beside[1].abs());
        let around_zero = !is_first
            && changes_sign
            && (f64::from(got) - wanted.value).abs() <= largest * PART_OF_LARGEST;
        let is_excused = got.is_nan() && (is_infinite || is_far) || around_zero;
        let error = if is_excused {
            0.0
        } else {
            error_of(activation).min(error_of(flushed))
        };
        (x, got, wanted.value, error)
    };
    x.iter()
        .zip(got)
        .map(|(&x, &got)| error_of(x, got))
        .collect()
}

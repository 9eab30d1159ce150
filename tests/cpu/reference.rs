//! The f64 references: derivatives against finite differences of the functions, and values of the
//! definitions.

use approx::assert_relative_eq;
use wgpu_activations::{Activation, reference};

use crate::common::{Random, activations};

fn points() -> Vec<f64> {
    let mut random = Random(3);
    (0..2000)
        .map(|_| f64::from(random.between(-30.0, 30.0)))
        .collect()
}

/// A central difference of fourth order, or none if the function bends between its points, which
/// two steps of different size show. With these steps, truncation and rounding are both about 1e-12
/// of the largest value. The smaller step is for waves.
fn difference(f: impl Fn(f64) -> f64, x: f64, scale: f64) -> Option<f64> {
    let with_step =
        |h: f64| (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h);
    [1e-3, 1e-5].into_iter().find_map(|step| {
        let h = step * x.abs().clamp(0.1, 1.0);
        let (one, half) = (with_step(h), with_step(h / 2.0));
        ((one - half).abs() <= 1e-7 * scale.max(half.abs())).then_some(half)
    })
}

/// True if the steps of differences suit the parameters. Between its eps and 0, xielu' is that of
/// the paper, which leaves eps out.
fn is_moderate(activation: &Activation) -> bool {
    if matches!(activation, Activation::Xielu { eps, .. } if *eps < -1e-3) {
        return false;
    }
    let mut parameters = activation.parameters();
    parameters.all(|(parameter, value)| {
        parameter.name == "eps" || value == 0.0 || (1e-3..=100.0).contains(&value.abs())
    })
}

/// golden.rs checks derivatives with respect to parameters: parameters are f32, which is too coarse
/// for differences.
#[test]
fn derivatives_are_those_of_the_functions() {
    for activation in activations().into_iter().filter(is_moderate) {
        check(
            &format!("{activation}'"),
            activation,
            |x| activation.forward(x),
            |x| activation.derivative(x),
        );
        check(
            &format!("{activation}''"),
            activation,
            |x| activation.derivative(x),
            |x| activation.second_derivative(x),
        );
    }
}

/// As functions of the output. Above its threshold, a softplus is linear, which is half an ulp of f32
/// off, or less.
#[test]
fn derivatives_from_outputs_are_the_derivatives() {
    let is_told = |a: &Activation| a.derivative_from_output(0.0).is_some();
    let told: Vec<_> = activations().into_iter().filter(is_told).collect();
    assert!(told.len() >= 15);
    for activation in told.into_iter().filter(is_moderate) {
        for x in points() {
            let y = activation.forward(x);
            if y.is_nan() {
                continue;
            }
            let got = activation.derivative_from_output(y).expect("it is told");
            let wanted = activation.derivative(x);
            assert!(
                (got - wanted).abs() <= 2f64.powi(-24) * wanted.abs().max(1.0),
                "{activation} at {x}: {got} from {y}, but f' = {wanted}"
            );
        }
    }
}

fn check(
    name: &str,
    activation: Activation,
    f: impl Fn(f64) -> f64,
    derivative: impl Fn(f64) -> f64,
) {
    let values = activation
        .parameters()
        .map(|(_, value)| f64::from(value.abs().max(1.0)));
    let scale = values.product::<f64>();
    let points = points();
    let mut smooth = 0;
    for &x in &points {
        // A function that is infinite or NaN has no differences.
        if !f(x).is_finite() {
            smooth += 1;
            continue;
        }
        let Some(wanted) = difference(&f, x, scale) else {
            continue;
        };
        assert_relative_eq!(
            derivative(x),
            wanted,
            epsilon = 1e-8 * scale,
            max_relative = 1e-8
        );
        smooth += 1;
    }
    assert!(
        smooth > points.len() * 9 / 10,
        "{name} is smooth at {smooth} of {} points",
        points.len()
    );
}

/// Values from the definitions, and from tables with more digits than f64 has.
#[test]
#[expect(clippy::excessive_precision, reason = "the digits of the truth")]
fn values_are_those_of_the_definitions() {
    for (got, wanted) in [
        (reference::sigmoid(1.0), 0.731_058_578_630_004_879_25),
        (reference::sigmoid(-40.0), 4.248_354_255_291_588_977e-18),
        (
            reference::sigmoid_derivative(40.0),
            4.248_354_255_291_588_959e-18,
        ),
        (reference::tanh(0.5), 0.462_117_157_260_009_758_5),
        (
            reference::tanh_derivative(20.0),
            1.699_341_702_116_635_583e-17,
        ),
        (reference::elu(-1e-10, 1.0), -9.999_999_999_5e-11),
        (reference::elu(-1.0, 2.0), -1.264_241_117_657_115_357),
        (
            reference::elu_derivative(-3.0, 0.5),
            0.024_893_534_183_931_972,
        ),
        (reference::leaky_relu(-3.0, 0.2), -0.6),
        (reference::prelu_derivative_weight(-3.0, 0.2), -3.0),
        (reference::scaled(0.0, f64::INFINITY), 0.0),
    ] {
        assert_relative_eq!(got, wanted, max_relative = 4.0 * f64::EPSILON);
    }
}

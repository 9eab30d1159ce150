//! The f64 references along an axis: gradients against finite differences, and known values.

use approx::assert_relative_eq;
use wgpu_activations::{AxisFunction, AxisShape, Error, Saved, reference};

use crate::common::{Random, axis_functions, f64s};

/// A central difference along one element, of fourth order: truncation and rounding are both about
/// 1e-12 of the values.
fn difference(f: impl Fn(f64) -> Result<f64, Error>) -> Result<f64, Error> {
    let h = 1e-3;
    Ok((8.0 * (f(h)? - f(-h)?) - (f(2.0 * h)? - f(-2.0 * h)?)) / (12.0 * h))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn gradients_are_those_of_the_functions() -> Result<(), Error> {
    let (rows, mut random) = (AxisShape::new(2, 4, 3), Random(60));
    for function in axis_functions() {
        let temperature = function
            .parameters()
            .next()
            .map_or(1.0, |(_, value)| f64::from(value));
        let x: Vec<_> = f64s(&random.vector(24))
            .into_iter()
            .map(|x| x * temperature.min(8.0))
            .collect();
        let y = function.forward(rows, &x)?;
        let (grad, tangent) = (f64s(&random.vector(y.len())), f64s(&random.vector(24)));
        let backward = |x: &[f64], grad: &[f64]| {
            let saved = if function.info().saved == Saved::Output {
                function.forward(rows, x)?
            } else {
                x.to_vec()
            };
            function.backward(rows, &saved, grad)
        };
        let moved = |values: &[f64], i: usize, by: f64| {
            let mut values = values.to_vec();
            values[i] += by;
            values
        };
        let gradient = backward(&x, &grad)?;
        for (i, &gradient) in gradient.iter().enumerate() {
            let wanted =
                difference(|by| Ok(dot(&function.forward(rows, &moved(&x, i, by))?, &grad)))?;
            assert_relative_eq!(gradient, wanted, epsilon = 1e-8, max_relative = 1e-8);
        }
        let Ok(twice) = function.double_backward(rows, &y, &grad, &tangent) else {
            continue;
        };
        for (i, (&got_of_x, &got_of_grad_output)) in twice[0].iter().zip(&twice[1]).enumerate() {
            let of_x = difference(|by| Ok(dot(&backward(&moved(&x, i, by), &grad)?, &tangent)))?;
            let of_grad_output =
                difference(|by| Ok(dot(&backward(&x, &moved(&grad, i, by))?, &tangent)))?;
            assert_relative_eq!(got_of_x, of_x, epsilon = 1e-8, max_relative = 1e-8);
            assert_relative_eq!(
                got_of_grad_output,
                of_grad_output,
                epsilon = 1e-8,
                max_relative = 1e-8
            );
        }
    }
    Ok(())
}

/// Values with more digits than f64 has.
#[test]
#[expect(clippy::excessive_precision, reason = "the digits of the truth")]
fn values_are_those_of_the_definitions() {
    let softmax = reference::softmax(&[1.0, 2.0, 3.0], 1.0);
    let log_softmax = reference::log_softmax(&[0.0, -50.0], 1.0);
    for (got, wanted) in [
        (softmax[0], 0.090_030_573_170_380_457_998),
        (softmax[2], 0.665_240_955_774_821_889_54),
        (log_softmax[0], -1.928_749_847_963_917_783e-22),
        (log_softmax[1], -50.0),
        (
            reference::logsumexp(&[1.0, 2.0, 3.0]),
            3.407_605_964_444_380_182_4,
        ),
        (
            reference::softmin(&[0.0, 800.0], 400.0)[1],
            0.119_202_922_022_117_560_79,
        ),
    ] {
        assert_relative_eq!(got, wanted, max_relative = 4.0 * f64::EPSILON);
    }
    let equal =
        AxisFunction::Softmax { temperature: 3.0 }.forward(AxisShape::new(1, 4, 1), &[3e38; 4]);
    assert_eq!(equal, Ok(vec![0.25; 4]));
}

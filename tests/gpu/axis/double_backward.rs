//! Gradients of gradients along an axis.

use wgpu_activations::{AxisFunction, AxisShape, Error};

use super::{logits, most_ulps, worst};
use crate::common::{Random, SMALLEST_NORMAL, axis_functions, f64s};
use crate::support::{gpu, read, refusal};

/// A result may be off by so many units of 2^-24 of the terms that cancel: sums are rounded to f32,
/// and so are e^y and some products.
const UNITS: f64 = 6.0;

/// The errors that elements may have beyond their ulps, in the gradients with respect to x and to
/// `grad_output`.
fn excuse(function: AxisFunction, [y, grad, tangent]: [&[f64]; 3]) -> [Vec<f64>; 2] {
    let (weight, temperature): (fn(f64) -> f64, f32) = match function {
        AxisFunction::LogSoftmax { temperature } => (f64::exp, temperature),
        AxisFunction::Softmax { temperature } | AxisFunction::Softmin { temperature } => {
            (|y| y, temperature)
        }
        _ => return [vec![], vec![]],
    };
    let (temperature, logarithmic) = (
        f64::from(temperature),
        matches!(function, AxisFunction::LogSoftmax { .. }),
    );
    let mean = |values: &[f64]| {
        y.iter()
            .zip(values)
            .map(|(&y, value)| weight(y) * value.abs())
            .sum::<f64>()
    };
    let of_tangent = mean(tangent);
    let of_grad = if logarithmic {
        grad.iter().map(|grad| grad.abs()).sum()
    } else {
        mean(grad)
    };
    let unit = UNITS * 2f64.powi(-24) / temperature;
    let t = |i: usize| weight(y[i]) * (tangent[i].abs() + of_tangent) / temperature;
    let all: f64 = (0..y.len()).map(|i| t(i) * grad[i].abs()).sum();
    // y and t may be flushed where they are subnormal, and their factors may be large.
    let flushed = |i: usize| {
        let factors = (1.0 + tangent[i].abs() + of_tangent) * (1.0 + grad[i].abs() + of_grad + all);
        SMALLEST_NORMAL * factors / (temperature * temperature).min(1.0)
    };
    let of_x =
        |i: usize| unit * (t(i) * (grad[i].abs() + of_grad) + weight(y[i]) * all) + flushed(i);
    let of_grad_output =
        |i: usize| unit * (tangent[i].abs() + of_tangent) * if logarithmic { 1.0 } else { y[i] };
    [
        (0..y.len()).map(of_x).collect(),
        (0..y.len()).map(of_grad_output).collect(),
    ]
}

#[test]
fn double_backward() -> Result<(), Error> {
    let mut random = Random(50);
    for (shape, axis) in [
        (vec![], 0),
        (vec![5, 1], 1),
        (vec![200, 8], 1),
        (vec![3, 1000], 1),
        (vec![1, 20_000], 1),
        (vec![6, 5, 4], 1),
        (vec![3000, 2], 0),
        (vec![0, 3], 1),
    ] {
        let count: usize = shape.iter().product();
        let rows = AxisShape::along(&shape, axis)?;
        for function in axis_functions()
            .into_iter()
            .filter(|&function| function.info().has_double_backward())
        {
            let (x, grad, tangent) = (
                logits(&mut random, count),
                random.vector(count),
                random.vector(count),
            );
            let [x, of_grad, of_tangent] =
                [&x, &grad, &tangent].map(|values| gpu().upload(values, &shape));
            let y = gpu().forward_axis(function, axis, &x?)?;
            let gradients =
                gpu().double_backward_axis(function, axis, &y, &of_grad?, &of_tangent?)?;
            let [y, of_x, of_grad_output] =
                gpu().read_blocking([&y, &gradients[0], &gradients[1]])?;
            let (y, grad, tangent) = (f64s(&y), f64s(&grad), f64s(&tangent));
            let wanted = function.double_backward(rows, &y, &grad, &tangent)?;
            // Rows are compared one by one, as excuses depend on the whole row.
            let (length, inner) = (rows.length as usize, rows.inner as usize);
            for row in 0..(rows.outer * rows.inner) as usize {
                let first = row / inner * length * inner + row % inner;
                let positions: Vec<_> = (0..length).map(|k| first + k * inner).collect();
                let of_row =
                    |values: &[f64]| positions.iter().map(|&i| values[i]).collect::<Vec<_>>();
                let (y, grad, tangent) = (of_row(&y), of_row(&grad), of_row(&tangent));
                let excuses = excuse(function, [&y, &grad, &tangent]);
                for ((got, wanted), excuse) in [&of_x, &of_grad_output]
                    .into_iter()
                    .zip(&wanted)
                    .zip(excuses)
                {
                    let got: Vec<_> = positions.iter().map(|&i| got[i]).collect();
                    let (error, report) = worst(&got, &of_row(wanted), |i| excuse[i]);
                    assert!(
                        error <= most_ulps(rows.length),
                        "{function} of {shape:?} along {axis}: {report}"
                    );
                }
            }
        }
    }
    Ok(())
}

#[test]
fn only_of_the_softmax_family() -> Result<(), Error> {
    let x = gpu().upload(&[0.0; 6], [2, 3])?;
    assert_eq!(
        refusal(gpu().double_backward_axis(AxisFunction::Hardmax, 1, &x, &x, &x)),
        "function: hardmax has no double backward"
    );
    let other = gpu().upload(&[0.0; 6], [3, 2])?;
    let softmax = AxisFunction::Softmax { temperature: 1.0 };
    assert_eq!(
        refusal(gpu().double_backward_axis(softmax, 1, &x, &x, &other)),
        "tangent: the shape is [3, 2], but it must be [2, 3]"
    );
    Ok(())
}

/// NaN spreads over its row and no further.
#[test]
fn nan_stays_in_its_row() -> Result<(), Error> {
    let (good, bad) = (
        [0.25, 0.5, 0.25, 0.25, 0.5, 0.25],
        [f32::NAN, 1.0, 2.0, 1.0, 2.0, 3.0],
    );
    let (good, bad) = (gpu().upload(&good, [2, 3])?, gpu().upload(&bad, [2, 3])?);
    for function in [
        AxisFunction::Softmax { temperature: 1.0 },
        AxisFunction::LogSoftmax { temperature: 1.0 },
    ] {
        for [grad, tangent] in [[&bad, &good], [&good, &bad]] {
            let [of_x, _] = gpu().double_backward_axis(function, 1, &good, grad, tangent)?;
            let of_x = read(&of_x);
            assert!(
                of_x[..3].iter().all(|value| value.is_nan())
                    && of_x[3..].iter().all(|value| value.is_finite())
            );
        }
    }
    Ok(())
}

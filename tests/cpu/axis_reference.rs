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

/// Every tensor must have the elements of its shape, and every parameter a value in its range.
#[test]
fn what_does_not_fit_is_refused() -> Result<(), Error> {
    let refusal = |result: Result<Vec<f64>, Error>| result.expect_err("refused").to_string();
    let rows = AxisShape::new(2, 4, 3);
    let x = [1.0; 24];
    for info in AxisFunction::ALL {
        let function = match info {
            AxisFunction::Maxout { .. } => AxisFunction::Maxout { groups: 2 },
            function => *function,
        };
        let y = function.forward(rows, &x)?;
        for wrong in [&y[1..], &[y.as_slice(), &[1.0]].concat(), &[]] {
            let (length, wanted) = (wrong.len(), y.len());
            assert_eq!(
                refusal(function.backward(rows, &x, wrong)),
                format!("grad_output: there are {length} elements, but there must be {wanted}"),
                "{function}"
            );
        }
        for wrong in [&x[..23], &[1.0; 25], &[]] {
            let wanted = format!("there are {} elements, but there must be ", wrong.len());
            let forward = refusal(function.forward(rows, wrong));
            assert_eq!(forward, format!("x: {wanted}24"), "{function}");
            let saved = refusal(function.backward(rows, wrong, &y));
            assert_eq!(saved, format!("saved: {wanted}24"), "{function}");
            if function.info().has_double_backward() {
                let arguments = [
                    ("y", [wrong, &x, &x]),
                    ("grad_output", [&x, wrong, &x]),
                    ("tangent", [&x, &x, wrong]),
                ];
                for (name, [y, grad, tangent]) in arguments {
                    let twice = function.double_backward(rows, y, grad, tangent);
                    let wanted = format!("{name}: {wanted}24");
                    assert_eq!(refusal(twice.map(|[of_x, _]| of_x)), wanted, "{function}");
                }
            }
        }
    }
    let none = AxisFunction::Maxout { groups: 0 };
    let wanted = "maxout: groups must be a number from 1.0 to 16777216.0, got 0.0";
    assert_eq!(refusal(none.forward(rows, &x)), wanted);
    assert_eq!(refusal(none.backward(rows, &x, &x)), wanted);
    assert_eq!(
        rows.of_output(none).expect_err("refused").to_string(),
        wanted
    );
    let three = AxisFunction::Maxout { groups: 3 };
    let wanted = "groups: a row of 4 elements cannot be cut into groups of 3";
    assert_eq!(refusal(three.forward(rows, &x)), wanted);
    let nan = AxisFunction::Softmax {
        temperature: f32::NAN,
    };
    assert!(refusal(nan.forward(rows, &x)).starts_with("softmax: temperature must be a number"));
    Ok(())
}

/// A dimension of 0 makes a tensor empty, however large the others are. What no memory holds is
/// refused.
#[test]
fn shapes_beyond_memory_are_no_panic() -> Result<(), Error> {
    for [outer, length, inner] in [[u64::MAX, 0, 2], [0, u64::MAX, u64::MAX], [u64::MAX, 3, 0]] {
        let rows = AxisShape::new(outer, length, inner);
        assert_eq!(AxisFunction::SOFTMAX.forward(rows, &[])?, [0.0; 0]);
        assert_eq!(AxisFunction::SOFTMAX.backward(rows, &[], &[])?, [0.0; 0]);
        assert_eq!(AxisFunction::Crelu.forward(rows, &[])?, [0.0; 0]);
    }
    let empty_rows = AxisFunction::Logsumexp.forward(AxisShape::new(2, 0, 2), &[])?;
    assert_eq!(empty_rows, [f64::NEG_INFINITY; 4]);
    let refusal = |function: AxisFunction, rows, x: &[f64]| {
        function.forward(rows, x).expect_err("refused").to_string()
    };
    let huge = AxisShape::new(u64::MAX, 2, 1);
    assert_eq!(
        refusal(AxisFunction::SOFTMAX, huge, &[1.0; 2]),
        format!(
            "rows: the shape [{}, 2, 1] has more elements than can be addressed",
            u64::MAX
        )
    );
    // One result for each empty row.
    let rows = AxisShape::new(u64::MAX, 0, 2);
    assert!(refusal(AxisFunction::Logsumexp, rows, &[]).starts_with("rows: the shape ["));
    let rows = AxisShape::new(1 << 60, 0, 1);
    let wanted = format!("there is no memory for a result of {} elements", 1u64 << 60);
    assert_eq!(refusal(AxisFunction::Logsumexp, rows, &[]), wanted);
    Ok(())
}

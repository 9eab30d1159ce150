//! Infinities, NaN, equals, the ends of f32, masks and temperatures.

use wgpu_activations::{AxisFunction, AxisInput, AxisShape, Error};

use super::{check, excuses_of_threshold, has_threshold, logits, most_ulps, worst};
use crate::common::{Random, axis_functions, f64s};
use crate::support::{gpu, read, upload};

const INF: f32 = f32::INFINITY;
const SOFTMAX: AxisFunction = AxisFunction::Softmax { temperature: 1.0 };
const LOG_SOFTMAX: AxisFunction = AxisFunction::LogSoftmax { temperature: 1.0 };

fn forward(function: AxisFunction, x: &[f32]) -> Result<Vec<f32>, Error> {
    Ok(read(&gpu().forward_axis(function, -1, &upload(x)?)?))
}

/// Rows in which something special happens.
fn rows() -> Vec<Vec<f32>> {
    let (tiny, huge) = (f32::from_bits(1), 3e38);
    let mut rows = vec![
        vec![-INF, 0.0, 1.0, -INF],
        vec![-INF, -INF, -INF, 5.0],
        vec![-INF; 4],
        vec![INF, 0.0, 1.0, -INF],
        vec![INF, INF, -INF, 0.0],
        vec![f32::NAN, 0.0, 1.0, 2.0],
        vec![0.0, -f32::NAN, -INF, INF],
        vec![f32::NAN, -INF, -INF, -INF],
        vec![huge, -huge, 0.0, huge],
        vec![-huge, -huge, -f32::MAX, f32::MIN],
        vec![f32::MAX, f32::MAX, 0.0, 1.0],
        vec![tiny, -tiny, 0.0, -0.0],
        vec![-0.0, 0.0, -0.0, 0.0],
        vec![1e-30, 2e-30, 1e-20, 0.0],
        vec![1.0, 1.0, 1.0, 1.0],
        vec![0.0, -87.0, -88.5, -103.0],
        vec![16_777_216.0, 16_777_215.0, 16_777_214.0, 16_777_200.0],
        vec![1e-7, 0.0, -1e-7, 16.0],
        // Rounding x - largest would lose the digits behind the point.
        vec![1000.0, 999.99994, 999.3333, 900.1],
        vec![70.0, 0.1, 0.33333334, 1e-8],
        vec![1e10, 1.0, 2.0, 3.0],
    ];
    // Longer rows take a workgroup each.
    let long: Vec<_> = rows.iter().map(|row| row.repeat(9)).collect();
    rows.extend(long);
    rows
}

#[test]
fn special_rows() -> Result<(), Error> {
    let mut random = Random(30);
    for row in rows() {
        for function in axis_functions() {
            let grad = random.vector(2 * row.len());
            check(function, &[row.len()], 0, &row, &grad)?;
            // An ordinary column beside it must not be changed by it.
            let columns: Vec<_> = row.iter().flat_map(|&x| [x, 0.5]).collect();
            check(
                function,
                &[row.len(), 2],
                0,
                &columns,
                &random.vector(4 * row.len()),
            )?;
        }
    }
    Ok(())
}

/// Rows that are cut into blocks, of which some hold nothing but special values.
#[test]
fn special_blocks() -> Result<(), Error> {
    let mut random = Random(31);
    for special in [-INF, INF, f32::NAN, 3e38, -3e38] {
        for length in [20_000, 3000] {
            for all in [false, true] {
                let mut x = logits(&mut random, length);
                let end = if all { length } else { length / 2 };
                x[..end].fill(special);
                for function in axis_functions() {
                    let grad = random.vector(2 * length);
                    check(function, &[length], 0, &x, &grad)?;
                    check(function, &[length / 2, 2], 0, &x, &grad)?;
                }
            }
        }
    }
    Ok(())
}

#[test]
fn conventions() -> Result<(), Error> {
    let is_nan = |values: Vec<f32>| values.iter().all(|value| value.is_nan());
    assert!(is_nan(forward(SOFTMAX, &[-INF; 3])?) && is_nan(forward(LOG_SOFTMAX, &[-INF; 3])?));
    assert!(is_nan(forward(SOFTMAX, &[0.0, INF, 1.0])?));
    assert_eq!(forward(SOFTMAX, &[0.0, -INF])?, [1.0, 0.0]);
    assert_eq!(forward(LOG_SOFTMAX, &[0.0, -INF])?, [0.0, -INF]);
    assert_eq!(
        forward(AxisFunction::Softmin { temperature: 1.0 }, &[0.0, INF])?,
        [1.0, 0.0]
    );
    assert_eq!(forward(AxisFunction::Logsumexp, &[-INF, -INF])?, [-INF]);
    assert_eq!(forward(AxisFunction::Logsumexp, &[1.0, INF])?, [INF]);
    assert_eq!(
        forward(AxisFunction::Hardmax, &[1.0, 3.0, 3.0, 2.0])?,
        [0.0, 1.0, 0.0, 0.0]
    );
    assert_eq!(forward(AxisFunction::Hardmax, &[-0.0, 0.0])?, [1.0, 0.0]);
    assert_eq!(forward(AxisFunction::Hardmax, &[-INF, -INF])?, [1.0, 0.0]);
    assert_eq!(
        forward(AxisFunction::Maxout { groups: 2 }, &[1.0, 3.0, -2.0, -INF])?,
        [3.0, -2.0]
    );
    assert_eq!(
        forward(AxisFunction::Crelu, &[1.0, -3.0])?,
        [1.0, 0.0, 0.0, 3.0]
    );
    let nothing = gpu().upload::<f32>(&[], [2, 0, 3])?;
    let y = read(&gpu().forward_axis(AxisFunction::Logsumexp, 1, &nothing)?);
    assert_eq!(y, [-INF; 6]);
    Ok(())
}

#[test]
fn gradients_of_what_is_not_finite() -> Result<(), Error> {
    let y = gpu().upload(&[0.5, 0.5, 1.0, 0.0], [2, 2])?;
    for bad in [f32::NAN, INF, -INF] {
        let grad = gpu().upload(&[bad, 1.0, 1.0, 2.0], [2, 2])?;
        for function in [SOFTMAX, LOG_SOFTMAX] {
            let gradient = read(&gpu().backward_axis(function, 1, &y, &grad)?);
            assert!(gradient[0].is_nan() && gradient[1].is_nan(), "{gradient:?}");
            assert!(
                gradient[2].is_finite() && gradient[3].is_finite(),
                "{gradient:?}"
            );
        }
    }
    Ok(())
}

/// `grad_output` goes to both ends of f32. Sums of a row must not overflow.
#[test]
fn gradients_of_any_size() -> Result<(), Error> {
    let mut random = Random(32);
    for scale in [1e-30, 1e-20, 1e10, 1e30, 1e37] {
        for function in axis_functions() {
            // The weights of softmax keep the sum as small as its largest term.
            let is_plain_sum =
                matches!(function, AxisFunction::LogSoftmax { .. }) || has_threshold(function);
            let scale = if scale == 1e37 && !is_plain_sum {
                8e37
            } else {
                scale
            };
            let x = logits(&mut random, 64);
            let grad: Vec<_> = random
                .vector(128)
                .into_iter()
                .map(|grad| grad * scale)
                .collect();
            check(function, &[8, 8], 1, &x, &grad)?;
        }
    }
    Ok(())
}

/// A mask is added to x, rounded once.
#[test]
fn masks() -> Result<(), Error> {
    let mut random = Random(33);
    for (shape, axis) in [
        (vec![4, 6, 10], -1),
        (vec![3, 2, 300], -1),
        (vec![3, 40, 5], 1),
        (vec![2, 1, 20_000], 2),
    ] {
        let elements: usize = shape.iter().product();
        let x = logits(&mut random, elements);
        // Masks have all dimensions, the last two, or the last one, unless the axis comes before
        // it.
        for from in 0..if axis == 1 { 2 } else { 3 } {
            let of_mask = &shape[from..];
            let numbers = logits(&mut random, of_mask.iter().product());
            let drop = |(i, number): (usize, f32)| if i % 3 == 1 { -INF } else { number };
            let mask: Vec<_> = numbers.into_iter().enumerate().map(drop).collect();
            let functions = [
                "softmax",
                "log_softmax(temperature=3)",
                "softmin",
                "sparsemax",
                "entmax15",
            ];
            for text in functions {
                let function: AxisFunction = text.parse().expect("a function");
                let sign = if text == "softmin" { -1.0 } else { 1.0 };
                let sum = |(i, x): (usize, &f32)| sign * (sign * x + mask[i % mask.len()]);
                let sums: Vec<f32> = x.iter().enumerate().map(sum).collect();
                let rows = AxisShape::along(&shape, axis)?;
                let wanted = function.forward(rows, &f64s(&sums))?;
                let excuses = excuses_of_threshold(function, rows, &wanted);
                let (x, mask) = (gpu().upload(&x, &shape)?, gpu().upload(&mask, of_mask)?);
                let y = read(&gpu().forward_axis(function, axis, (&x, &mask))?);
                let (error, report) = worst(&y, &wanted, |i| excuses[i]);
                assert!(
                    error <= most_ulps(shape[(axis.rem_euclid(3)) as usize] as u64),
                    "{function}: {report}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn empty_rows_as_zeros() -> Result<(), Error> {
    for length in [3, 100, 20_000] {
        let mut x = vec![-INF; length];
        x.extend(vec![0.0; length]);
        let x = gpu().upload(&x, [2, length])?;
        let with_zeros = || AxisInput::new(&x).empty_rows_as_zeros();
        let softmax = gpu().forward_axis(SOFTMAX, 1, with_zeros())?;
        let log_softmax = gpu().forward_axis(LOG_SOFTMAX, 1, with_zeros())?;
        let grad = gpu().backward_axis(SOFTMAX, 1, &softmax, &softmax)?;
        let [softmax, log_softmax, grad] = gpu().read_blocking([&softmax, &log_softmax, &grad])?;
        assert!(
            softmax[..length].iter().all(|&y| y == 0.0)
                && grad[..length].iter().all(|&grad| grad == 0.0)
        );
        assert!(log_softmax[..length].iter().all(|&y| y == -INF));
        assert!(
            softmax[length..]
                .iter()
                .chain(&log_softmax[length..])
                .all(|y| y.is_finite())
        );
    }
    Ok(())
}

#[test]
fn temperatures() -> Result<(), Error> {
    let mut random = Random(34);
    for temperature in [2f32.powi(-10), 0.01, 0.1, 0.7, 1.3, 9.9, 333.3, 1024.0] {
        let scale = temperature.max(1.0);
        let x: Vec<_> = logits(&mut random, 1200)
            .into_iter()
            .map(|x| x * scale)
            .collect();
        let grad = random.vector(1200);
        for function in [
            AxisFunction::Softmax { temperature },
            AxisFunction::LogSoftmax { temperature },
            AxisFunction::Softmin { temperature },
        ] {
            check(function, &[30, 40], 1, &x, &grad)?;
            check(function, &[30, 40], 0, &x, &grad)?;
        }
    }
    Ok(())
}

/// Rows without elements, of which four neighbouring columns could be vectors.
#[test]
fn columns_without_elements() -> Result<(), Error> {
    let x = gpu().upload::<f32>(&[], [2, 0, 4])?;
    let y = gpu().forward_axis(AxisFunction::Logsumexp, 1, &x)?;
    assert_eq!(read(&y), [f32::NEG_INFINITY; 8]);
    assert_eq!(
        gpu().forward_axis(AxisFunction::SOFTMAX, 1, &x)?.shape(),
        [2, 0, 4]
    );
    Ok(())
}

//! The errors of functions along an axis.

use wgpu_activations::{AxisFunction, AxisShape, Error};

use crate::common::{Random, SMALLEST_NORMAL, error, f64s};

/// Numbers of a size at which exponentials differ, of either sign.
pub fn logits(random: &mut Random, count: usize) -> Vec<f32> {
    let scale = random.between(1.0, 30.0);
    (0..count)
        .map(|_| scale * random.between(-1.0, 1.0) * random.between(0.0, 2.0))
        .collect()
}

/// The bound for results that are normal numbers, in ulps: 8, and half an ulp for each doubling of
/// the row, since each level of the tree of sums rounds once.
pub fn most_ulps(length: u64) -> f64 {
    8.0 + 0.5 * (length.max(1) as f64).log2()
}

/// The largest error of an op, in ulps of the true value, and where it is. `excuse` is what an
/// element may be off besides.
pub fn worst(got: &[f32], wanted: &[f64], excuse: impl Fn(usize) -> f64) -> (f64, String) {
    assert_eq!(got.len(), wanted.len());
    let mut worst = (0.0, "exact".to_owned());
    for (i, (&got, &wanted)) in got.iter().zip(wanted).enumerate() {
        let excuse = excuse(i);
        // Zeros are exact, but their signs are not promised.
        let error = if f64::from(got) == wanted || (f64::from(got) - wanted).abs() <= excuse {
            0.0
        } else {
            error(got, wanted + excuse.copysign(f64::from(got) - wanted))
        };
        if error > worst.0 {
            worst = (
                error,
                format!("{error:.2} ulp at {i}: got {got:e}, wanted {wanted:e}"),
            );
        }
    }
    worst
}

/// The errors that gradients may have beyond their ulps, in the order of x, since a sum and
/// `grad_output` cancel. Sums have two parts and are right to about 2^-46 of their terms, but for
/// parts that are flushed. e^y of log_softmax has one or two roundings more.
pub fn excuses(function: AxisFunction, rows: AxisShape, saved: &[f32], grad: &[f32]) -> Vec<f64> {
    let length = rows.length as usize;
    let mut sums = vec![0.0; (rows.outer * rows.inner) as usize];
    let row_of = |i: usize| row_of(rows, i);
    if has_threshold(function) {
        return excuses_of_weighted_mean(function, rows, saved, grad);
    }
    let (temperature, logarithmic) = match function {
        AxisFunction::Softmax { temperature } | AxisFunction::Softmin { temperature } => {
            (f64::from(temperature), false)
        }
        AxisFunction::LogSoftmax { temperature } => (f64::from(temperature), true),
        _ => return vec![0.0; saved.len()],
    };
    let weight = |y: f32| if logarithmic { 1.0 } else { f64::from(y) };
    for (i, (&y, &grad)) in saved.iter().zip(grad).enumerate() {
        sums[row_of(i)] += weight(y).abs() * f64::from(grad).abs();
    }
    let excuse = |(i, &y): (usize, &f32)| {
        let terms = f64::from(grad[i]).abs() + sums[row_of(i)];
        let y = f64::from(y);
        if logarithmic {
            let cancels = if y > -0.34 { y.exp_m1().abs() } else { y.exp() };
            (terms * 2f64.powi(-44) + cancels * sums[row_of(i)] * 2f64.powi(-22)) / temperature
        } else {
            y * (terms * 2f64.powi(-44) + (length + 1) as f64 * SMALLEST_NORMAL) / temperature
        }
    };
    saved.iter().enumerate().map(excuse).collect()
}

/// The index of an element's row.
fn row_of(rows: AxisShape, i: usize) -> usize {
    let (length, inner) = (rows.length as usize, rows.inner as usize);
    i / (length * inner).max(1) * inner + i % inner.max(1)
}

pub fn has_threshold(function: AxisFunction) -> bool {
    matches!(function, AxisFunction::Sparsemax | AxisFunction::Entmax15)
}

/// The errors that gradients of functions with a threshold may have beyond their ulps, since
/// `grad_output` and its mean cancel. The sums and the quotient have two parts.
fn excuses_of_weighted_mean(
    function: AxisFunction,
    rows: AxisShape,
    y: &[f32],
    grad: &[f32],
) -> Vec<f64> {
    let weight = |y: f32| match function {
        AxisFunction::Sparsemax => f64::from(u8::from(y > 0.0)),
        _ => f64::from(y).sqrt(),
    };
    let mut sums = vec![[0.0; 2]; (rows.outer * rows.inner) as usize];
    for (i, (&y, &grad)) in y.iter().zip(grad).enumerate() {
        let sum = &mut sums[row_of(rows, i)];
        sum[0] += weight(y) * f64::from(grad).abs();
        sum[1] += weight(y);
    }
    let excuse = |(i, &y): (usize, &f32)| {
        let [sum, weights] = sums[row_of(rows, i)];
        let terms = f64::from(grad[i]).abs() + sum / weights;
        let flushed = (rows.length + 1) as f64 * SMALLEST_NORMAL;
        if y > 0.0 {
            weight(y) * (terms * 2f64.powi(-44) + flushed)
        } else {
            0.0
        }
    };
    y.iter().enumerate().map(excuse).collect()
}

/// The errors that results above a threshold may have beyond their ulps, since x and the threshold
/// cancel: the threshold is right to 2^-44 of its distance from the largest element, and all sums
/// have two parts. entmax15 squares what is left.
pub fn excuses_of_threshold(function: AxisFunction, rows: AxisShape, wanted: &[f64]) -> Vec<f64> {
    if !has_threshold(function) {
        return vec![0.0; wanted.len()];
    }
    let mut largest = vec![0.0f64; (rows.outer * rows.inner) as usize];
    for (i, &y) in wanted.iter().enumerate() {
        let of_row = &mut largest[row_of(rows, i)];
        *of_row = of_row.max(y);
    }
    let excuse = |(i, &y): (usize, &f64)| {
        let largest = largest[row_of(rows, i)];
        match function {
            AxisFunction::Sparsemax => largest * 2f64.powi(-44),
            _ => (largest * y).sqrt() * 2f64.powi(-43) + largest * 2f64.powi(-88),
        }
    };
    let excuses = wanted.iter().enumerate().map(excuse);
    excuses
        .map(|excuse| if excuse.is_nan() { 0.0 } else { excuse })
        .collect()
}

/// The error that logsumexp may have beyond its ulps, since the largest element and the logarithm
/// cancel: 4 ulp of the larger of the two, of which the logarithm and its argument may have 3.
pub fn excuses_of_logsumexp(
    function: AxisFunction,
    rows: AxisShape,
    x: &[f32],
    wanted: &[f64],
) -> Result<Vec<f64>, Error> {
    if function != AxisFunction::Logsumexp || rows.length == 0 {
        return Ok(vec![0.0; wanted.len()]);
    }
    let largest = AxisFunction::Maxout {
        groups: rows.length as u32,
    }
    .forward(rows, &f64s(x))?;
    let excuse = |(largest, wanted): (&f64, &f64)| {
        let terms = largest.abs().max((wanted - largest).abs());
        if terms.is_finite() {
            4.0 * 2f64.powi(-23) * terms
        } else {
            0.0
        }
    };
    Ok(largest.iter().zip(wanted).map(excuse).collect())
}

/// The results of forward and backward on a GPU, and the tensor that is saved between them.
pub struct ForwardBackward {
    pub y: Vec<f32>,
    pub saved: Vec<f32>,
    pub grad_x: Vec<f32>,
}

/// Compares forward and backward with the references. Returns the largest errors in ulps.
pub fn compare(
    function: AxisFunction,
    shape: &[usize],
    axis: isize,
    x: &[f32],
    grad: &[f32],
    results: &ForwardBackward,
) -> Result<[f64; 2], Error> {
    let rows = AxisShape::along(shape, axis)?;
    let ForwardBackward { y, saved, grad_x } = results;
    let grad = &grad[..y.len()];
    let wanted = function.forward(rows, &f64s(x))?;
    let cancelled = excuses_of_logsumexp(function, rows, x, &wanted)?;
    let threshold = excuses_of_threshold(function, rows, &wanted);
    let forward = worst(y, &wanted, |i| cancelled[i].max(threshold[i]));
    let wanted = function.backward(rows, &f64s(saved), &f64s(grad))?;
    let excuses = excuses(function, rows, saved, grad);
    let backward = worst(grad_x, &wanted, |i| excuses[i]);
    for (op, (error, report)) in [("forward", &forward), ("backward", &backward)] {
        assert!(
            *error <= most_ulps(rows.length),
            "{function} {op}, {shape:?} along {axis}, x = {:?}…: {report}",
            &x[..x.len().min(8)]
        );
    }
    Ok([forward.0, backward.0])
}

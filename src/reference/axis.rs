//! Functions along an axis, for one row.

use super::scaled;

/// A sum whose error does not grow with the number of terms (Neumaier's compensated summation).
fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut rest) = (0.0f64, 0.0);
    for term in terms {
        let next = sum + term;
        rest += if sum.abs() >= term.abs() {
            (sum - next) + term
        } else {
            (term - next) + sum
        };
        sum = next;
    }
    // The rest of an infinite sum is NaN.
    if sum.is_finite() { sum + rest } else { sum }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    sum(a.iter().zip(b).map(|(a, b)| a * b))
}

fn zip_with(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
}

/// The position of the first of the largest elements, NaN aside.
fn first_of_largest(x: &[f64]) -> Option<usize> {
    let largest = x.iter().copied().reduce(f64::max)?;
    x.iter().position(|&x| x == largest)
}

/// The largest element, and `log(sum(e^((x - largest) / temperature)))`. The sum is over all other
/// elements, so that the logarithm has a small relative error where it is small.
fn largest_and_log_sum(x: &[f64], temperature: f64) -> (f64, f64) {
    let Some(first) = first_of_largest(x) else {
        return (x.first().copied().unwrap_or(f64::NEG_INFINITY), 0.0);
    };
    let largest = x[first];
    let others = x.iter().enumerate().filter(|&(i, _)| i != first);
    let others = sum(others.map(|(_, &x)| ((x - largest) / temperature).exp()));
    // The term of the largest element is 1, or e^(Inf - Inf).
    let log_sum = if largest.is_finite() {
        others.ln_1p()
    } else {
        f64::NAN
    };
    (largest, log_sum)
}

/// softmax: `e^(x / temperature) / sum(e^(x / temperature))`.
pub fn softmax(x: &[f64], temperature: f64) -> Vec<f64> {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponential = |&x: &f64| ((x - largest) / temperature).exp();
    let sum = sum(x.iter().map(exponential));
    x.iter().map(|x| exponential(x) / sum).collect()
}

/// The gradient of [`softmax`] with respect to x, from its output y:
/// `y * (grad_output - sum(y * grad_output)) / temperature`.
pub fn softmax_backward(y: &[f64], grad_output: &[f64], temperature: f64) -> Vec<f64> {
    let mean = dot(y, grad_output);
    zip_with(y, grad_output, |y, grad| y * (grad - mean) / temperature)
}

/// The gradients of [`softmax_backward`] with respect to x and to `grad_output`, for a `tangent`,
/// which is the gradient with respect to its result.
///
/// With `d = tangent - sum(y * tangent)`, the first one is
/// `y * (d * (grad_output - sum(y * grad_output)) - sum(y * d * grad_output)) / temperature^2`. The
/// second one is `softmax_backward` of the tangent.
pub fn softmax_double_backward(
    y: &[f64],
    grad_output: &[f64],
    tangent: &[f64],
    temperature: f64,
) -> [Vec<f64>; 2] {
    let of_grad_output = softmax_backward(y, tangent, temperature);
    let mean = dot(y, grad_output);
    let covariance = dot(&of_grad_output, grad_output);
    let products = zip_with(&of_grad_output, grad_output, |d, grad| d * (grad - mean));
    let of_x = zip_with(&products, y, |product, y| {
        (product - y * covariance) / temperature
    });
    [of_x, of_grad_output]
}

/// `log_softmax`: `x / temperature - log(sum(e^(x / temperature)))`.
pub fn log_softmax(x: &[f64], temperature: f64) -> Vec<f64> {
    let (largest, log_sum) = largest_and_log_sum(x, temperature);
    x.iter()
        .map(|x| (x - largest) / temperature - log_sum)
        .collect()
}

/// The gradient of [`log_softmax`] with respect to x, from its output y:
/// `(grad_output - e^y * sum(grad_output)) / temperature`.
pub fn log_softmax_backward(y: &[f64], grad_output: &[f64], temperature: f64) -> Vec<f64> {
    let sum = sum(grad_output.iter().copied());
    zip_with(y, grad_output, |y, grad| {
        // Near y = 0 the subtraction of e^y = 1 + expm1(y) would cancel.
        if y > -0.5 {
            ((grad - sum) - y.exp_m1() * sum) / temperature
        } else {
            (grad - y.exp() * sum) / temperature
        }
    })
}

/// The gradients of [`log_softmax_backward`] with respect to x and to `grad_output`, for a
/// `tangent`, which is the gradient with respect to its result.
///
/// With `d = tangent - sum(e^y * tangent)`, these are
/// `-sum(grad_output) * e^y * d / temperature^2` and `d / temperature`.
pub fn log_softmax_double_backward(
    y: &[f64],
    grad_output: &[f64],
    tangent: &[f64],
    temperature: f64,
) -> [Vec<f64>; 2] {
    let mean = sum(y.iter().zip(tangent).map(|(y, tangent)| y.exp() * tangent));
    let difference = |tangent| (tangent - mean) / temperature;
    let of_grad_output: Vec<_> = tangent.iter().map(difference).collect();
    let sum = sum(grad_output.iter().copied());
    let of_x = zip_with(y, &of_grad_output, |y, d| -sum * y.exp() * d / temperature);
    [of_x, of_grad_output]
}

/// softmin: [`softmax`] of `-x`.
pub fn softmin(x: &[f64], temperature: f64) -> Vec<f64> {
    softmax(&x.iter().map(|x| -x).collect::<Vec<_>>(), temperature)
}

/// The gradient of [`softmin`] with respect to x, from its output y.
pub fn softmin_backward(y: &[f64], grad_output: &[f64], temperature: f64) -> Vec<f64> {
    softmax_backward(y, grad_output, -temperature)
}

/// The gradients of [`softmin_backward`] with respect to x and to `grad_output`, for a `tangent`,
/// which is the gradient with respect to its result.
pub fn softmin_double_backward(
    y: &[f64],
    grad_output: &[f64],
    tangent: &[f64],
    temperature: f64,
) -> [Vec<f64>; 2] {
    softmax_double_backward(y, grad_output, tangent, -temperature)
}

/// The distances of a row's elements from the largest one, which is first, in falling order. `None`
/// if the row has no threshold: the largest is infinite, or one of the elements is NaN.
fn sorted_distances(x: &[f64]) -> Option<Vec<f64>> {
    let largest = x.iter().copied().reduce(f64::max)?;
    let is_ordered = largest.is_finite() && !x.iter().any(|x| x.is_nan());
    let mut distances: Vec<_> = x.iter().map(|x| x - largest).collect();
    distances.sort_by(|a, b| b.total_cmp(a));
    is_ordered.then_some(distances)
}

/// The results above a threshold that is relative to the largest element, and NaN without one.
fn above_threshold(x: &[f64], threshold: Option<f64>, result: impl Fn(f64) -> f64) -> Vec<f64> {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let threshold = threshold.unwrap_or(f64::NAN);
    x.iter()
        .map(|x| {
            let excess = (x - largest) - threshold;
            // Unlike max(), this keeps NaN.
            if excess <= 0.0 { 0.0 } else { result(excess) }
        })
        .collect()
}

/// The first elements of a row in falling order, as many as are above the threshold that a function
/// finds for them.
fn support(sorted: &[f64], threshold: impl Fn(&[f64]) -> f64) -> &[f64] {
    // The number of elements for which this holds can be found by halves: each further element
    // raises the threshold until one is not above it.
    let counts: Vec<_> = (1..=sorted.len()).collect();
    let is_above = |&count: &usize| sorted[count - 1] > threshold(&sorted[..count]);
    &sorted[..counts.partition_point(is_above)]
}

/// sparsemax: `max(x - threshold, 0)`, whose sum is 1.
pub fn sparsemax(x: &[f64]) -> Vec<f64> {
    // The threshold of elements that all are above it.
    let of = |z: &[f64]| (sum(z.iter().copied()) - 1.0) / z.len() as f64;
    let threshold = sorted_distances(x).map(|sorted| of(support(&sorted, of)));
    above_threshold(x, threshold, |excess| excess)
}

/// The gradient of [`sparsemax`] with respect to x, from its output y: `grad_output - mean` where y
/// is positive, with the mean over these elements, else 0.
pub fn sparsemax_backward(y: &[f64], grad_output: &[f64]) -> Vec<f64> {
    let weights: Vec<_> = y
        .iter()
        .map(|&y| if y > 0.0 { 1.0 } else { 0.0 * y })
        .collect();
    weighted_differences(&weights, grad_output)
}

/// entmax with alpha = 1.5: `max(x / 2 - threshold, 0)^2`, whose sum is 1.
pub fn entmax15(x: &[f64]) -> Vec<f64> {
    // The sum of (z - threshold)^2 over elements that all are above it is
    // count (mean - threshold)^2 and the sum of the squares about the mean.
    let of = |z: &[f64]| {
        let count = z.len() as f64;
        let mean = sum(z.iter().copied()) / count;
        let squares = sum(z.iter().map(|z| (z - mean) * (z - mean)));
        mean - ((1.0 - squares) / count).max(0.0).sqrt()
    };
    let halves: Vec<_> = x.iter().map(|x| 0.5 * x).collect();
    let threshold = sorted_distances(&halves).map(|sorted| of(support(&sorted, of)));
    above_threshold(&halves, threshold, |excess| excess * excess)
}

/// The gradient of [`entmax15`] with respect to x, from its output y, with w = sqrt(y):
/// `w * (grad_output - sum(w * grad_output) / sum(w))`.
pub fn entmax15_backward(y: &[f64], grad_output: &[f64]) -> Vec<f64> {
    let weights: Vec<_> = y.iter().map(|y| y.sqrt()).collect();
    weighted_differences(&weights, grad_output)
}

/// The weights times the differences of `grad_output` and its mean by these weights. They are 0 if
/// all weights are.
fn weighted_differences(weights: &[f64], grad_output: &[f64]) -> Vec<f64> {
    let (total, products) = (sum(weights.iter().copied()), dot(weights, grad_output));
    let mean = if total == 0.0 {
        products
    } else {
        products / total
    };
    zip_with(weights, grad_output, |weight, grad| weight * (grad - mean))
}

/// logsumexp: `log(sum(e^x))`, which is -Inf for a row without elements.
pub fn logsumexp(x: &[f64]) -> f64 {
    let (largest, log_sum) = largest_and_log_sum(x, 1.0);
    let is_nan = x.iter().any(|x| x.is_nan());
    if largest.is_infinite() && !is_nan {
        largest
    } else {
        largest + log_sum
    }
}

/// The gradient of [`logsumexp`] with respect to x: `grad_output * softmax(x)`.
pub fn logsumexp_backward(x: &[f64], grad_output: f64) -> Vec<f64> {
    let y = softmax(x, 1.0).into_iter();
    y.map(|y| scaled(y, grad_output)).collect()
}

/// hardmax: 1 at the first of the largest elements, else 0.
pub fn hardmax(x: &[f64]) -> Vec<f64> {
    if x.iter().any(|x| x.is_nan()) {
        return vec![f64::NAN; x.len()];
    }
    let mut y = vec![0.0; x.len()];
    if let Some(first) = first_of_largest(x) {
        y[first] = 1.0;
    }
    y
}

/// The gradient of [`hardmax`] with respect to x: 0 for each element.
pub fn hardmax_backward(x: &[f64]) -> Vec<f64> {
    vec![0.0; x.len()]
}

/// maxout: the largest of each `groups` consecutive elements. `groups` must divide the number of
/// elements.
pub fn maxout(x: &[f64], groups: usize) -> Vec<f64> {
    let largest = |group: &[f64]| {
        let nan = group.iter().copied().find(|x| x.is_nan());
        // The addition of 0 turns -0 into 0.
        nan.unwrap_or_else(|| group.iter().copied().fold(f64::NEG_INFINITY, f64::max) + 0.0)
    };
    x.chunks(groups.max(1)).map(largest).collect()
}

/// The gradient of [`maxout`] with respect to x: `grad_output` at the first of the largest elements
/// of each group, else 0.
pub fn maxout_backward(x: &[f64], grad_output: &[f64], groups: usize) -> Vec<f64> {
    let groups = x.chunks(groups.max(1)).zip(grad_output);
    groups
        .flat_map(|(x, &grad)| hardmax(x).into_iter().map(move |y| scaled(y, grad)))
        .collect()
}

/// crelu: `max(0, x)` of all elements, then `max(0, -x)` of all elements.
pub fn crelu(x: &[f64]) -> Vec<f64> {
    let positive = |x: f64| if x > 0.0 || x.is_nan() { x } else { 0.0 };
    let negated = x.iter().map(|&x| positive(-x));
    x.iter().map(|&x| positive(x)).chain(negated).collect()
}

/// The gradient of [`crelu`] with respect to x: `grad_output` of the first half where `x > 0`,
/// minus that of the second half where `x < 0`, and 0 at 0.
pub fn crelu_backward(x: &[f64], grad_output: &[f64]) -> Vec<f64> {
    let (first, second) = grad_output.split_at(grad_output.len() / 2);
    let of_positive = zip_with(x, first, |x, grad| if x > 0.0 { grad } else { x * 0.0 });
    let pairs = x.iter().zip(second).zip(of_positive);
    pairs
        .map(|((&x, &grad), other)| if x < 0.0 { -grad } else { other })
        .collect()
}

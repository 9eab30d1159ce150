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

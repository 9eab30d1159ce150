//! Functions along an axis, of one row.

/// A sum whose error does not grow with the number of its terms (Neumaier).
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
    // What is lost of an infinity is no number.
    if sum.is_finite() { sum + rest } else { sum }
}

/// The index of the first of the largest elements, NaN aside.
fn first_of_largest(x: &[f64]) -> Option<usize> {
    let largest = x.iter().copied().reduce(f64::max)?;
    x.iter().position(|&x| x == largest)
}

/// The largest element, and log(sum(exp((x - largest) / temperature))), from the sum over all others, so that it is right
/// relative to itself where that sum is small.
fn largest_and_log_sum(x: &[f64], temperature: f64) -> (f64, f64) {
    let Some(first) = first_of_largest(x) else {
        return (x.first().copied().unwrap_or(f64::NEG_INFINITY), 0.0);
    };
    let largest = x[first];
    let others = x.iter().enumerate().filter(|&(i, _)| i != first);
    let others = sum(others.map(|(_, &x)| ((x - largest) / temperature).exp()));
    // The term of the largest itself is 1, unless it is e^(Inf - Inf).
    (
        largest,
        if largest.is_finite() {
            others.ln_1p()
        } else {
            f64::NAN
        },
    )
}

/// `e^(x / temperature) / sum(e^(x / temperature))`.
#[must_use]
pub fn softmax(x: &[f64], temperature: f64) -> Vec<f64> {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponential = |&x: &f64| ((x - largest) / temperature).exp();
    let sum = sum(x.iter().map(exponential));
    x.iter().map(|x| exponential(x) / sum).collect()
}

/// The gradient of softmax with respect to x, from its output y: `y * (grad_output - sum(y * grad_output)) / temperature`.
#[must_use]
pub fn softmax_backward(y: &[f64], grad_output: &[f64], temperature: f64) -> Vec<f64> {
    let sum = sum(y.iter().zip(grad_output).map(|(y, grad)| y * grad));
    y.iter()
        .zip(grad_output)
        .map(|(y, grad)| y * (grad - sum) / temperature)
        .collect()
}

/// The gradients of [`softmax_backward`] with respect to x and to `grad_output`, given `tangent`, the gradient with respect to its
/// result: with `d = tangent - sum(y * tangent)`, `y * (d * (grad_output - sum(y * grad_output)) - sum(y * d * grad_output)) /
/// temperature^2`, and [`softmax_backward`] of the tangent.
#[must_use]
pub fn softmax_double_backward(
    y: &[f64],
    grad_output: &[f64],
    tangent: &[f64],
    temperature: f64,
) -> [Vec<f64>; 2] {
    let of_grad_output = softmax_backward(y, tangent, temperature);
    let mean = sum(y.iter().zip(grad_output).map(|(y, grad)| y * grad));
    let covariance = sum(of_grad_output
        .iter()
        .zip(grad_output)
        .map(|(d, grad)| d * grad));
    let gradient =
        |((d, grad), y): ((&f64, &f64), &f64)| (d * (grad - mean) - y * covariance) / temperature;
    let of_x = of_grad_output
        .iter()
        .zip(grad_output)
        .zip(y)
        .map(gradient)
        .collect();
    [of_x, of_grad_output]
}

/// `x / temperature - log(sum(e^(x / temperature)))`.
#[must_use]
pub fn log_softmax(x: &[f64], temperature: f64) -> Vec<f64> {
    let (largest, log_sum) = largest_and_log_sum(x, temperature);
    x.iter()
        .map(|x| (x - largest) / temperature - log_sum)
        .collect()
}

/// The gradient of log_softmax with respect to x, from its output y: `(grad_output - e^y * sum(grad_output)) / temperature`.
#[must_use]
pub fn log_softmax_backward(y: &[f64], grad_output: &[f64], temperature: f64) -> Vec<f64> {
    let sum = sum(grad_output.iter().copied());
    // grad - sum - expm1(y) sum, so that nothing cancels near y = 0.
    let gradient = |(y, grad): (&f64, &f64)| ((grad - sum) - y.exp_m1() * sum) / temperature;
    let far = |(y, grad): (&f64, &f64)| (grad - y.exp() * sum) / temperature;
    y.iter()
        .zip(grad_output)
        .map(|pair| {
            if *pair.0 > -0.5 {
                gradient(pair)
            } else {
                far(pair)
            }
        })
        .collect()
}

/// The gradients of [`log_softmax_backward`] with respect to x and to `grad_output`, given `tangent`, the gradient with respect to
/// its result: `-sum(grad_output) * e^y * d / temperature^2` and `d / temperature`, with `d = tangent - sum(e^y * tangent)`.
#[must_use]
pub fn log_softmax_double_backward(
    y: &[f64],
    grad_output: &[f64],
    tangent: &[f64],
    temperature: f64,
) -> [Vec<f64>; 2] {
    let mean = sum(y.iter().zip(tangent).map(|(y, tangent)| y.exp() * tangent));
    let of_grad_output: Vec<_> = tangent
        .iter()
        .map(|tangent| (tangent - mean) / temperature)
        .collect();
    let sum = sum(grad_output.iter().copied());
    let of_x = y
        .iter()
        .zip(&of_grad_output)
        .map(|(y, difference)| -sum * y.exp() * difference / temperature);
    [of_x.collect(), of_grad_output]
}

/// softmax of `-x`.
#[must_use]
pub fn softmin(x: &[f64], temperature: f64) -> Vec<f64> {
    softmax(&x.iter().map(|x| -x).collect::<Vec<_>>(), temperature)
}

/// The gradient of softmin with respect to x, from its output y.
#[must_use]
pub fn softmin_backward(y: &[f64], grad_output: &[f64], temperature: f64) -> Vec<f64> {
    softmax_backward(y, grad_output, -temperature)
}

/// The gradients of [`softmin_backward`] with respect to x and to `grad_output`, given `tangent`, the gradient with respect to its
/// result.
#[must_use]
pub fn softmin_double_backward(
    y: &[f64],
    grad_output: &[f64],
    tangent: &[f64],
    temperature: f64,
) -> [Vec<f64>; 2] {
    softmax_double_backward(y, grad_output, tangent, -temperature)
}

/// `log(sum(e^x))`; of no elements, -Inf.
#[must_use]
pub fn logsumexp(x: &[f64]) -> f64 {
    let (largest, log_sum) = largest_and_log_sum(x, 1.0);
    let is_nan = x.iter().any(|x| x.is_nan());
    if largest.is_infinite() && !is_nan {
        largest
    } else {
        largest + log_sum
    }
}

/// The gradient of logsumexp with respect to x: `grad_output * softmax(x)`.
#[must_use]
pub fn logsumexp_backward(x: &[f64], grad_output: f64) -> Vec<f64> {
    softmax(x, 1.0)
        .into_iter()
        .map(|y| super::scaled(y, grad_output))
        .collect()
}

/// 1 at the first of the largest elements, else 0.
#[must_use]
pub fn hardmax(x: &[f64]) -> Vec<f64> {
    if x.iter().any(|x| x.is_nan()) {
        return vec![f64::NAN; x.len()];
    }
    let first = first_of_largest(x);
    (0..x.len())
        .map(|i| if Some(i) == first { 1.0 } else { 0.0 })
        .collect()
}

/// 0 for each element: the gradient of hardmax with respect to x, almost everywhere.
#[must_use]
pub fn hardmax_backward(x: &[f64]) -> Vec<f64> {
    vec![0.0; x.len()]
}

/// The largest of each `groups` elements that follow each other; `groups` must divide their number.
#[must_use]
pub fn maxout(x: &[f64], groups: usize) -> Vec<f64> {
    let largest = |group: &[f64]| {
        let nan = group.iter().copied().find(|x| x.is_nan());
        // + 0 makes -0 into +0.
        nan.unwrap_or_else(|| group.iter().copied().fold(f64::NEG_INFINITY, f64::max) + 0.0)
    };
    x.chunks(groups.max(1)).map(largest).collect()
}

/// The gradient of maxout with respect to x: that of a group goes to the first of its largest elements.
#[must_use]
pub fn maxout_backward(x: &[f64], grad_output: &[f64], groups: usize) -> Vec<f64> {
    let group = |(x, &grad): (&[f64], &f64)| -> Vec<f64> {
        hardmax(x)
            .into_iter()
            .map(|chosen| super::scaled(chosen, grad))
            .collect()
    };
    x.chunks(groups.max(1))
        .zip(grad_output)
        .flat_map(group)
        .collect()
}

/// `max(0, x)` of all elements, then `max(0, -x)`.
#[must_use]
pub fn crelu(x: &[f64]) -> Vec<f64> {
    let positive = |x: f64| if x > 0.0 || x.is_nan() { x } else { 0.0 };
    x.iter()
        .map(|&x| positive(x))
        .chain(x.iter().map(|&x| positive(-x)))
        .collect()
}

/// The gradient of crelu with respect to x: `grad_output` of the first half where x > 0, that of the second, negated, where
/// x < 0, and 0 at 0.
#[must_use]
pub fn crelu_backward(x: &[f64], grad_output: &[f64]) -> Vec<f64> {
    let (first, second) = grad_output.split_at(grad_output.len() / 2);
    let gradient = |((&x, &first), &second): ((&f64, &f64), &f64)| {
        if x > 0.0 {
            first
        } else if x < 0.0 {
            -second
        } else {
            x * 0.0
        }
    };
    x.iter().zip(first).zip(second).map(gradient).collect()
}

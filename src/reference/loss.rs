//! Losses, for one row.

use super::{log_softmax, logsumexp};

/// The share that each class of a row has in its loss: `weight` of the class, times
/// `1 - label_smoothing + label_smoothing / classes` for the target, and times
/// `label_smoothing / classes` for all others.
fn shares(target: usize, weight: &[f64], label_smoothing: f64) -> Vec<f64> {
    let rest = label_smoothing / weight.len() as f64;
    let share = |(class, weight): (usize, &f64)| match class == target {
        true => weight * (1.0 - label_smoothing + rest),
        false => weight * rest,
    };
    weight.iter().enumerate().map(share).collect()
}

/// `cross_entropy` of a row of logits: `sum(-share * log_softmax(x)) + z_loss * logsumexp(x)^2`. The
/// share of a class is its weight, times how much of the smoothed label it has.
pub fn cross_entropy(
    x: &[f64],
    target: usize,
    weight: &[f64],
    label_smoothing: f64,
    z_loss: f64,
) -> f64 {
    let shares = shares(target, weight, label_smoothing);
    let terms = log_softmax(x, 1.0).into_iter().zip(shares);
    // A class of no share has no part in the loss, even if its logit is -Inf.
    let loss: f64 = terms
        .filter(|(y, share)| *share != 0.0 || y.is_nan())
        .map(|(y, share)| -y * share)
        .sum();
    let of_lse = match z_loss {
        0.0 => 0.0,
        _ => z_loss * logsumexp(x).powi(2),
    };
    loss + of_lse
}

/// The gradient of [`cross_entropy`] with respect to x:
/// `(sum(share) + 2 * z_loss * logsumexp(x)) * softmax(x) - share`.
pub fn cross_entropy_derivative(
    x: &[f64],
    target: usize,
    weight: &[f64],
    label_smoothing: f64,
    z_loss: f64,
) -> Vec<f64> {
    let shares = shares(target, weight, label_smoothing);
    let of_lse = match z_loss {
        0.0 => 0.0,
        _ => 2.0 * z_loss * logsumexp(x),
    };
    let sum: f64 = shares.iter().sum();
    let probabilities = log_softmax(x, 1.0)
        .into_iter()
        .map(|y| (y.exp(), y.exp_m1()));
    let gradients = probabilities.zip(shares).map(|((p, less_1), share)| {
        // Near 1 the 1 of the probability may cancel the share.
        let of_one = if p > 0.5 {
            (sum - share) + less_1 * sum
        } else {
            p * sum - share
        };
        of_one + of_lse * p
    });
    gradients.collect()
}

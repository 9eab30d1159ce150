//! Functions along an axis.

mod accuracy;
mod attention;
mod double_backward;
mod errors;
mod low_level;
mod measure;
mod packed16;
mod special_values;
mod thresholds;
mod views;

pub use measure::{ForwardBackward, logits};
use measure::{
    excuses, excuses_of_logsumexp, excuses_of_threshold, has_threshold, most_ulps, worst,
};
use wgpu_activations::{AxisFunction, Error, Gpu, Saved};

use crate::support::gpu;

pub fn forward_backward(
    gpu: &Gpu,
    function: AxisFunction,
    shape: &[usize],
    axis: isize,
    x: &[f32],
    grad: &[f32],
) -> Result<ForwardBackward, Error> {
    let x_tensor = gpu.upload(x, shape)?;
    let y = gpu.forward_axis(function, axis, &x_tensor)?;
    let grad = gpu.upload(&grad[..y.len()], y.shape())?;
    let saved = if function.info().saved == Saved::Output {
        &y
    } else {
        &x_tensor
    };
    let grad_x = gpu.backward_axis(function, axis, saved, &grad)?;
    let [y, saved, grad_x] = gpu.read_blocking([&y, saved, &grad_x])?;
    Ok(ForwardBackward { y, saved, grad_x })
}

/// Compares forward and backward with the references. Returns the largest errors in ulps.
pub fn check(
    function: AxisFunction,
    shape: &[usize],
    axis: isize,
    x: &[f32],
    grad: &[f32],
) -> Result<[f64; 2], Error> {
    let results = forward_backward(gpu(), function, shape, axis, x, grad)?;
    measure::compare(function, shape, axis, x, grad, &results)
}

//! The activations and their derivatives on the CPU, in f64. The kernels are tested against these.
//!
//! Each function has the name and the parameters of the WGSL function in `shaders/activations/`. It
//! is written from the definition, whose source is in [`ActivationInfo`](crate::ActivationInfo) or
//! [`AxisInfo`](crate::AxisInfo). Where the formula would lose digits, for instance by a difference
//! of numbers that are almost equal, another form is computed, and the comment says which. Results
//! are within a few units of the last place of f64, tails included.
//!
//! Arguments are f64, so that callers can differentiate numerically. The argument that corresponds
//! to a kernel's input x is `f64::from(x)`.
//!
//! ```
//! use wgpu_activations::{Activation, reference};
//!
//! let x = f64::from(-1.5f32);
//! assert_eq!(reference::elu(x, 1.0), Activation::ELU.forward(x));
//! assert_eq!(reference::elu_derivative(x, 1.0), Activation::ELU.derivative(x));
//! ```
//!
//! The functions along an axis take one row.
//! [`AxisFunction::forward`](crate::AxisFunction::forward) takes all rows of a tensor.

mod algebraic;
mod axis;
mod bounded;
mod elementary;
mod exponential;
mod gated;
mod loss;
mod periodic;
mod philox;
mod piecewise;
mod rectified;
mod sigmoidal;

pub use algebraic::*;
pub use axis::*;
pub use bounded::*;
pub use elementary::*;
pub use exponential::*;
pub use gated::*;
pub use loss::*;
pub use periodic::*;
pub use philox::philox;
pub use piecewise::*;
pub use rectified::*;
pub use sigmoidal::*;

/// `factor * x`, but 0 for a factor of 0 even where `x` is infinite. NaN stays NaN.
///
/// With the derivative as the factor, this is the chain rule of every backward kernel: a derivative
/// of 0 gives a gradient of 0, as in PyTorch's relu, but a NaN in `grad_output` is never hidden.
pub fn scaled(factor: f64, x: f64) -> f64 {
    if factor == 0.0 && !x.is_nan() {
        0.0
    } else {
        factor * x
    }
}

/// x, or NaN where another value that a result depends on is NaN.
fn unless_nan<const N: usize>(x: f64, others: [f64; N]) -> f64 {
    others.into_iter().find(|other| other.is_nan()).unwrap_or(x)
}

/// 1 where a condition on x holds, else 0. NaN stays NaN.
fn one_where(x: f64, holds: bool) -> f64 {
    if x.is_nan() {
        x
    } else {
        f64::from(u8::from(holds))
    }
}

/// The values that errors are measured by where results are smaller than these.
///
/// Most activations have zeros here: the error of a result is relative to the result, even near
/// the zeros of a function. Periodic functions have too many zeros to compute all digits near each.
/// There the error is relative to the amplitude, or to the largest of the terms that cancel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ErrorScale {
    /// The scale of errors of `f`.
    pub forward: f64,
    /// The scale of errors of `f'`.
    pub derivative: f64,
    /// The scale of errors of `f''`.
    pub second_derivative: f64,
    /// The scale of errors of the derivatives of `f` with respect to its parameters.
    pub parameters: f64,
}

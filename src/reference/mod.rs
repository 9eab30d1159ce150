//! The activations and their derivatives on the CPU, in f64: the truth that the kernels are tested against.
//!
//! Each function has the name, the parameters and the order of the WGSL function in `shaders/activations/`, and is
//! written from the definition. Results are within a few units of the last place of f64, tails included. Scalars come in as
//! f64 so that a caller can also differentiate numerically; a kernel's input is `f64::from(x)`.
//!
//! ```
//! use wgpu_activations::{Activation, reference};
//!
//! let x = f64::from(-1.5f32);
//! assert_eq!(reference::elu(x, 1.0), Activation::Elu { alpha: 1.0 }.forward(x));
//! assert_eq!(reference::scaled(reference::elu_derivative(x, 1.0), 3.0), Activation::Elu { alpha: 1.0 }.backward(x, 3.0));
//! ```
//!
//! The functions along an axis take one row; [`AxisFunction::forward`](crate::AxisFunction::forward) takes all rows of a
//! tensor.

mod algebraic;
mod axis;
mod bounded;
mod exponential;
mod gated;
mod periodic;
mod philox;
mod rectified;
mod sigmoidal;

pub use algebraic::*;
pub use axis::*;
pub use bounded::*;
pub use exponential::*;
pub use gated::*;
pub use periodic::*;
pub use philox::philox;
pub use rectified::*;
pub use sigmoidal::*;

/// `factor * x`, and 0 for a factor of 0 even where `x` is infinite; NaN stays NaN.
///
/// With the derivative as the factor this is the chain rule of every backward kernel: a derivative of 0 passes on 0, as
/// PyTorch's relu has it, but a NaN in `grad_output` is never hidden.
#[must_use]
pub fn scaled(factor: f64, x: f64) -> f64 {
    if factor == 0.0 && !x.is_nan() {
        0.0
    } else {
        factor * x
    }
}

/// What errors are measured by where results are smaller. Most activations need none: their results are right relative to
/// the truth, at zeros too. But zeros that are everywhere, or depend on parameters, are in no table: around these results are
/// right relative to the amplitude of a wave, or to the largest of the terms that cancel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ErrorScale {
    /// Of `f`.
    pub forward: f64,
    /// Of `f'`.
    pub derivative: f64,
    /// Of `f''`.
    pub second_derivative: f64,
    /// Of `f` differentiated with respect to its parameters.
    pub parameters: f64,
}

#![doc = include_str!("../README.md")]
#![deny(missing_docs, unsafe_code)]

mod activation;
mod axis;
mod dtype;
mod error;
mod gpu;
mod kernels;
pub mod reference;
pub mod wgsl;

pub use activation::{Activation, Gated, Info, Parameter, ParameterError, ParseActivationError, Training};
pub use axis::{AxisFunction, AxisInfo, Rows, Saved};
pub use dtype::Dtype;
pub use error::Error;
pub use gpu::{Element, Gpu, Tensor, TensorInputs, View, request_adapter};
pub use half;
pub use kernels::{Halves, Kernels, Learned, Masked, Operation, Slice, SliceInputs, Split, Warm};
pub use wgpu;

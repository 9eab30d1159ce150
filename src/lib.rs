#![doc = include_str!("../README.md")]
#![deny(missing_docs, unsafe_code)]

mod activation;
mod error;
mod gpu;
mod kernels;
pub mod reference;
pub mod wgsl;

pub use activation::{Activation, Gated, Info, Parameter, ParameterError, ParseActivationError, Training};
pub use error::Error;
pub use gpu::{Gpu, Tensor, TensorInputs, request_adapter};
pub use kernels::{Halves, Kernels, Learned, Operation, Slice, SliceInputs, Split};
pub use wgpu;

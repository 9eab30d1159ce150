#![doc = include_str!("../README.md")]
#![deny(missing_docs, unsafe_code)]

mod activation;
mod axis;
mod dtype;
mod error;
mod glu;
mod gpu;
mod kernels;
mod list;
mod parameter;
pub mod reference;
mod text;
pub mod wgsl;

pub use activation::{Activation, ActivationInfo, TrainingMode};
pub use axis::{AxisFunction, AxisInfo, AxisShape, Saved};
pub use dtype::Dtype;
pub use error::Error;
pub use glu::Glu;
pub use gpu::{Element, Gpu, Tensor, TensorArgs, Tensors, View, request_adapter};
pub use half;
pub use kernels::{
    GluLayout, Kernels, LearnedParam, MaskedInput, Operation, Slice, SliceArgs, SplitLayout, WarmUp,
};
pub use parameter::{Parameter, ParameterError};
pub use text::ParseError;
pub use wgpu;

//! Functions of each element: activations, and gated units whose gates are a tensor of their own.
//! They are computed in pieces, so that files may be larger than memory.

use anyhow::{Result, bail, ensure};
use wgpu_activations::{Activation, Error, Glu, Gpu, Tensor, TensorArgs};

use crate::check::{Case, Worst};
use crate::input::{Input, Inputs, PIECE};
use crate::npy::{Layout, Npy, Order};
use crate::output::Outputs;
use crate::progress::Progress;
use crate::{Job, check};

#[derive(Clone, Copy)]
pub enum Elementwise {
    Activation(Activation),
    Glu(Glu),
}

/// The values of one learned parameter.
struct Learned {
    name: &'static str,
    values: Vec<f32>,
    tensor: Tensor,
}

//! Gated units of tensors.

use super::tensor::position;
use super::{Gpu, Tensor};
use crate::kernels::{Halves, Split};
use crate::{Error, Gated};

impl Gpu {
    /// `value * activation(gate)`, of two tensors of one shape: `gpu.gated(Gated::SWIGLU, &value, &gate)`.
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if the shapes differ.
    pub fn gated(&self, gated: Gated, value: &Tensor, gate: &Tensor) -> Result<Tensor, Error> {
        self.own_tensor("value", value)?;
        self.own_of_shape("gate", gate, value)?;
        let output = self.empty(&value.shape)?;
        self.record(&self.kernels.gated(gated, value.slice(), gate.slice(), output.slice())?)?;
        Ok(output)
    }

    /// The gradients with respect to the value and to the gate.
    ///
    /// # Errors
    /// As [`Gpu::gated`].
    pub fn gated_backward(
        &self,
        gated: Gated,
        value: &Tensor,
        gate: &Tensor,
        grad_output: &Tensor,
    ) -> Result<[Tensor; 2], Error> {
        self.own_tensor("value", value)?;
        self.own_of_shape("gate", gate, value)?;
        self.own_of_shape("grad_output", grad_output, value)?;
        let [grad_value, grad_gate] = [self.empty(&value.shape)?, self.empty(&value.shape)?];
        let (inputs, gradients) =
            ([value, gate, grad_output].map(Tensor::slice), (grad_value.slice(), grad_gate.slice()));
        let [value, gate, grad_output] = inputs;
        self.record(&self.kernels.gated_backward(gated, value, gate, grad_output, gradients.0, gradients.1)?)?;
        Ok([grad_value, grad_gate])
    }

    /// The same of one tensor, which is split in values and gates along an axis (from the end if negative): half as long there.
    /// `gpu.gated_split(Gated::GLU, &x, -1, Halves::ValueGate)` is PyTorch's `glu`.
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if x has no such axis, or an odd number of elements along it.
    pub fn gated_split(&self, gated: Gated, x: &Tensor, axis: isize, halves: Halves) -> Result<Tensor, Error> {
        self.own_tensor("x", x)?;
        let (split, shape) = split(x, axis, halves)?;
        let output = self.empty(&shape)?;
        self.record(&self.kernels.gated_split(gated, x.slice(), split, output.slice())?)?;
        Ok(output)
    }

    /// The gradient with respect to x.
    ///
    /// # Errors
    /// As [`Gpu::gated_split`]; also if `grad_output` is not of the shape of its result.
    pub fn gated_split_backward(
        &self,
        gated: Gated,
        x: &Tensor,
        axis: isize,
        halves: Halves,
        grad_output: &Tensor,
    ) -> Result<Tensor, Error> {
        self.own_tensor("x", x)?;
        self.own_tensor("grad_output", grad_output)?;
        let (split, expected) = split(x, axis, halves)?;
        if grad_output.shape != expected {
            return Err(Error::Shape { argument: "grad_output", actual: grad_output.shape.clone(), expected });
        }
        let grad_x = self.empty(&x.shape)?;
        self.record(&self.kernels.gated_split_backward(
            gated,
            x.slice(),
            split,
            grad_output.slice(),
            grad_x.slice(),
        )?)?;
        Ok(grad_x)
    }
}

/// How a tensor is split, and the shape of the result.
fn split(x: &Tensor, axis: isize, halves: Halves) -> Result<(Split, Vec<usize>), Error> {
    let mut shape = x.shape.clone();
    let position = position(&shape, axis)?;
    let length = shape[position];
    if !length.is_multiple_of(2) {
        return Err(Error::OddAxis { shape, axis });
    }
    let inner: usize = shape[position + 1..].iter().product();
    shape[position] = length / 2;
    Ok((Split::new(length as u64, inner as u64, halves), shape))
}

//! Gated units of tensors.

use super::tensor::product;
use super::view::Part;
use super::{Gpu, Tensor, View};
use crate::axis::position;
use crate::kernels::{Halves, Split};
use crate::{Error, Gated};

impl Gpu {
    /// `value * activation(gate)`, of two tensors of one shape: `gpu.gated(Gated::SWIGLU, &value, &gate)`. It is stored as the
    /// value.
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if the shapes differ.
    pub fn gated<'a>(
        &self,
        gated: Gated,
        value: impl Into<View<'a>>,
        gate: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        let value = self.own_view("value", value)?;
        let gate = self.own_of_shape("gate", gate, &value)?;
        let output = self.empty(&value.shape, value.dtype())?;
        let views = [("value", &value), ("gate", &gate), ("output", &output.view())];
        self.in_parts(views, |Part { slices: [value, gate, output], .. }| {
            self.kernels.gated(gated, value, gate, output)
        })?;
        Ok(output)
    }

    /// The gradients with respect to the value and to the gate.
    ///
    /// # Errors
    /// As [`Gpu::gated`].
    pub fn gated_backward<'a>(
        &self,
        gated: Gated,
        value: impl Into<View<'a>>,
        gate: impl Into<View<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<[Tensor; 2], Error> {
        let value = self.own_view("value", value)?;
        let gate = self.own_of_shape("gate", gate, &value)?;
        let grad_output = self.own_of_shape("grad_output", grad_output, &value)?;
        let (grad_value, grad_gate) =
            (self.empty(&value.shape, value.dtype())?, self.empty(&value.shape, gate.dtype())?);
        let views = [
            ("value", &value),
            ("gate", &gate),
            ("grad_output", &grad_output),
            ("grad_value", &grad_value.view()),
            ("grad_gate", &grad_gate.view()),
        ];
        self.in_parts(views, |Part { slices: [value, gate, grad_output, grad_value, grad_gate], .. }| {
            self.kernels.gated_backward(gated, value, gate, grad_output, grad_value, grad_gate)
        })?;
        Ok([grad_value, grad_gate])
    }

    /// The same of one tensor, which is split in values and gates along an axis (from the end if negative): half as long there.
    /// `gpu.gated_split(Gated::GLU, &x, -1, Halves::ValueGate)` is PyTorch's `glu`.
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if x has no such axis, or an odd number of elements along it, or if it is a view.
    pub fn gated_split(&self, gated: Gated, x: &Tensor, axis: isize, halves: Halves) -> Result<Tensor, Error> {
        let x = self.own_view("x", x)?;
        let (split, shape) = split(&x, axis, halves)?;
        let output = self.empty(&shape, x.dtype())?;
        self.in_parts([("x", &x), ("output", &output.view())], |Part { slices: [x, output], .. }| {
            self.kernels.gated_split(gated, x, split, output)
        })?;
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
        let (x, grad_output) = (self.own_view("x", x)?, self.own_view("grad_output", grad_output)?);
        let (split, expected) = split(&x, axis, halves)?;
        if grad_output.shape != expected {
            return Err(Error::Shape { argument: "grad_output", actual: grad_output.shape, expected });
        }
        let grad_x = self.empty(&x.shape, x.dtype())?;
        let views = [("x", &x), ("grad_output", &grad_output), ("grad_x", &grad_x.view())];
        self.in_parts(views, |Part { slices: [x, grad_output, grad_x], .. }| {
            self.kernels.gated_split_backward(gated, x, split, grad_output, grad_x)
        })?;
        Ok(grad_x)
    }
}

/// How a tensor is split, and the shape of the result.
fn split(x: &View<'_>, axis: isize, halves: Halves) -> Result<(Split, Vec<usize>), Error> {
    let mut shape = x.shape.clone();
    let position = position(axis, shape.len())?;
    let length = shape[position];
    if !length.is_multiple_of(2) {
        return Err(Error::OddAxis { shape, axis });
    }
    let inner: usize = product(&shape[position + 1..]);
    shape[position] = length / 2;
    Ok((Split::new(length as u64, inner as u64, halves), shape))
}

//! Gated units of tensors.

use super::tensor::product;
use super::view::Part;
use super::{Gpu, Tensor, View};
use crate::axis::position;
use crate::kernels::{GluLayout, SplitLayout};
use crate::{Error, Glu};

impl Gpu {
    /// `value * activation(gate)`, of two tensors of one shape: `gpu.glu(Glu::SWIGLU, &value, &gate)`. It is stored as the
    /// value.
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if the shapes differ.
    pub fn glu<'a>(
        &self,
        glu: Glu,
        value: impl Into<View<'a>>,
        gate: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        let value = self.own_view("value", value)?;
        let gate = self.own_of_shape("gate", gate, &value)?;
        let output = self.empty(&value.shape, value.dtype())?;
        let views = [
            ("value", &value),
            ("gate", &gate),
            ("output", &output.view()),
        ];
        self.in_parts(
            views,
            |Part {
                 slices: [value, gate, output],
                 ..
             }| { self.kernels.glu(glu, value, gate, output) },
        )?;
        Ok(output)
    }

    /// The gradients with respect to the value and to the gate.
    ///
    /// # Errors
    /// As [`Gpu::glu`].
    pub fn glu_backward<'a>(
        &self,
        glu: Glu,
        value: impl Into<View<'a>>,
        gate: impl Into<View<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<[Tensor; 2], Error> {
        let value = self.own_view("value", value)?;
        let gate = self.own_of_shape("gate", gate, &value)?;
        let grad_output = self.own_of_shape("grad_output", grad_output, &value)?;
        let (grad_value, grad_gate) = (
            self.empty(&value.shape, value.dtype())?,
            self.empty(&value.shape, gate.dtype())?,
        );
        let views = [
            ("value", &value),
            ("gate", &gate),
            ("grad_output", &grad_output),
            ("grad_value", &grad_value.view()),
            ("grad_gate", &grad_gate.view()),
        ];
        self.in_parts(
            views,
            |Part {
                 slices: [value, gate, grad_output, grad_value, grad_gate],
                 ..
             }| {
                self.kernels
                    .glu_backward(glu, value, gate, grad_output, grad_value, grad_gate)
            },
        )?;
        Ok([grad_value, grad_gate])
    }

    /// The same of one tensor, which is split in values and gates along an axis (from the end if negative): half as long there.
    /// `gpu.glu_split(Glu::GLU, -1, GluLayout::ValueGate, &x)` is PyTorch's `glu`.
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if x has no such axis, or an odd number of elements along it, or if it is a view.
    pub fn glu_split(
        &self,
        glu: Glu,
        axis: isize,
        layout: GluLayout,
        x: &Tensor,
    ) -> Result<Tensor, Error> {
        let x = self.own_view("x", x)?;
        let (split, shape) = split(&x, axis, layout)?;
        let output = self.empty(&shape, x.dtype())?;
        self.in_parts(
            [("x", &x), ("output", &output.view())],
            |Part {
                 slices: [x, output],
                 ..
             }| { self.kernels.glu_split(glu, split, x, output) },
        )?;
        Ok(output)
    }

    /// The gradient with respect to x.
    ///
    /// # Errors
    /// As [`Gpu::glu_split`]; also if `grad_output` is not of the shape of its result.
    pub fn glu_split_backward(
        &self,
        glu: Glu,
        axis: isize,
        layout: GluLayout,
        x: &Tensor,
        grad_output: &Tensor,
    ) -> Result<Tensor, Error> {
        let (x, grad_output) = (
            self.own_view("x", x)?,
            self.own_view("grad_output", grad_output)?,
        );
        let (split, expected) = split(&x, axis, layout)?;
        if grad_output.shape != expected {
            return Err(Error::Shape {
                argument: "grad_output",
                actual: grad_output.shape,
                expected,
            });
        }
        let grad_x = self.empty(&x.shape, x.dtype())?;
        let views = [
            ("x", &x),
            ("grad_output", &grad_output),
            ("grad_x", &grad_x.view()),
        ];
        self.in_parts(
            views,
            |Part {
                 slices: [x, grad_output, grad_x],
                 ..
             }| {
                self.kernels
                    .glu_split_backward(glu, split, x, grad_output, grad_x)
            },
        )?;
        Ok(grad_x)
    }
}

/// How a tensor is split, and the shape of the result.
fn split(x: &View<'_>, axis: isize, layout: GluLayout) -> Result<(SplitLayout, Vec<usize>), Error> {
    let mut shape = x.shape.clone();
    let position = position(axis, shape.len())?;
    let length = shape[position];
    if !length.is_multiple_of(2) {
        return Err(Error::OddAxis { shape, axis });
    }
    let inner = product(&shape[position + 1..]);
    shape[position] = length / 2;
    Ok((SplitLayout::new(length as u64, inner as u64, layout), shape))
}

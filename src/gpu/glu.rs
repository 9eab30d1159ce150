//! Gated units of tensors.

use super::tensor::product;
use super::view::Part;
use super::{Gpu, Tensor, View};
use crate::axis::position;
use crate::kernels::{GluLayout, SplitLayout};
use crate::{Error, Glu};

impl Gpu {
    /// A gated unit of two tensors of one shape: `value * activation(gate)`. The result has the
    /// type of the value.
    ///
    /// ```
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// use wgpu_activations::Glu;
    ///
    /// let value = gpu.upload(&[2.0, 3.0], [2])?;
    /// let gate = gpu.upload(&[1.0, -1.0], [2])?;
    /// let y = gpu.glu(Glu::REGLU, &value, &gate)?;
    /// assert_eq!(gpu.read_blocking(&y)?, [2.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if the shapes differ.
    pub fn glu<'a>(
        &self,
        glu: Glu,
        value: impl Into<View<'a>>,
        gate: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        let value = self.check_gpu("value", value)?;
        let gate = self.check_gpu_and_shape("gate", gate, &value)?;
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
        let value = self.check_gpu("value", value)?;
        let gate = self.check_gpu_and_shape("gate", gate, &value)?;
        let grad_output = self.check_gpu_and_shape("grad_output", grad_output, &value)?;
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

    /// A gated unit of one tensor that holds values and gates along an axis, from the end if
    /// negative. The result is half as long there.
    ///
    /// ```
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// use wgpu_activations::{Glu, GluLayout};
    ///
    /// let x = gpu.upload(&[2.0, 3.0, 0.0, 0.0], [1, 4])?;
    /// let y = gpu.glu_split(Glu::GLU, -1, GluLayout::ValueGate, &x)?; // PyTorch's glu: [1, 2]
    /// assert_eq!(gpu.read_blocking(&y)?, [1.0, 1.5]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if x has no such axis, or an odd number of elements along it, or
    /// if it is a view.
    pub fn glu_split(
        &self,
        glu: Glu,
        axis: isize,
        layout: GluLayout,
        x: &Tensor,
    ) -> Result<Tensor, Error> {
        let x = self.check_gpu("x", x)?;
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
            self.check_gpu("x", x)?,
            self.check_gpu("grad_output", grad_output)?,
        );
        let (split, expected) = split(&x, axis, layout)?;
        if grad_output.shape != expected {
            return Err(Error::shape("grad_output", &grad_output.shape, &expected));
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

/// The places of values and gates in a split tensor, and the shape of the result.
fn split(x: &View<'_>, axis: isize, layout: GluLayout) -> Result<(SplitLayout, Vec<usize>), Error> {
    let mut shape = x.shape.clone();
    let position = position(axis, shape.len())?;
    let length = shape[position];
    if !length.is_multiple_of(2) {
        let message = format!(
            "its shape is {shape:?}, but the dimension that is split in values and gates must be even (axis {axis})"
        );
        return Err(Error::argument("x", message));
    }
    let inner = product(&shape[position + 1..]);
    shape[position] = length / 2;
    Ok((SplitLayout::new(length as u64, inner as u64, layout), shape))
}

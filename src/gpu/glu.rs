//! Gated linear units of tensors.

use super::tensor::product;
use super::{Gpu, Tensor, View};
use crate::axis::position;
use crate::kernels::{GluLayout, SplitLayout};
use crate::{Error, Glu};

impl Gpu {
    /// Computes `value * activation(gate)` from two tensors of one shape. The result has the dtype
    /// of the value.
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
    /// As [`Gpu::forward`], and [`Error::Argument`] if the shapes differ.
    pub fn glu<'a>(
        &self,
        glu: Glu,
        value: impl Into<View<'a>>,
        gate: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        let value = value.into();
        let outputs = [("output", &*value.shape, value.dtype())];
        let others = [("gate", gate.into())];
        let [output] = self.compute(
            ("value", &value),
            others,
            &[],
            &value.shape,
            outputs,
            &[],
            |_, value, [gate], _, [output]| self.kernels.glu(glu, value, gate, output),
        )?;
        Ok(output)
    }

    /// Computes the gradients with respect to the value, `grad_output * activation(gate)`, and to
    /// the gate, `grad_output * value * activation'(gate)`. Each has the dtype of its tensor.
    ///
    /// ```
    /// use wgpu_activations::{Glu, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let value = gpu.upload(&[1.0, 2.0], [2])?;
    /// let gate = gpu.upload(&[-1.0, 3.0], [2])?;
    /// let grad_output = gpu.upload(&[1.0, 1.0], [2])?;
    /// let [grad_value, grad_gate] = gpu.glu_backward(Glu::REGLU, &value, &gate, &grad_output)?;
    ///
    /// let [grad_value, grad_gate] = gpu.read_blocking([&grad_value, &grad_gate])?;
    /// assert_eq!(grad_value, [0.0, 3.0]);
    /// assert_eq!(grad_gate, [0.0, 2.0]);
    /// # Ok(())
    /// # }
    /// ```
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
        let (value, gate) = (value.into(), gate.into());
        self.glu_backward_into(glu, value, gate, grad_output.into(), &[])
    }

    pub(super) fn glu_backward_into<const N: usize>(
        &self,
        glu: Glu,
        value: View<'_>,
        gate: View<'_>,
        grad_output: View<'_>,
        into: &[&Tensor],
    ) -> Result<[Tensor; N], Error> {
        let shape = &*value.shape;
        let outputs = [
            ("grad_value", shape, value.dtype()),
            ("grad_gate", shape, gate.dtype()),
        ];
        let others = [("gate", gate), ("grad_output", grad_output)];
        self.compute(
            ("value", &value),
            others,
            &[],
            shape,
            outputs,
            into,
            |_, value, [gate, dy], _, [dv, dg]| {
                self.kernels.glu_backward(glu, value, gate, dy, dv, dg)
            },
        )
    }

    /// Computes [`Gpu::glu`] from one tensor that holds values and gates along an axis. A negative
    /// axis counts from the end. The result is half as long along the axis.
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
    /// As [`Gpu::forward`], and [`Error::Argument`] if x has no such axis or has an odd number of
    /// elements along it.
    pub fn glu_split(
        &self,
        glu: Glu,
        axis: isize,
        layout: GluLayout,
        x: &Tensor,
    ) -> Result<Tensor, Error> {
        self.check_gpu("x", x)?;
        let (split, shape) = split(x, axis, layout)?;
        let outputs = [("output", &*shape, x.dtype)];
        let [output] = self.compute(
            ("x", &x.view()),
            [],
            &[],
            &shape,
            outputs,
            &[],
            |_, x, [], _, [output]| self.kernels.glu_split(glu, split, x, output),
        )?;
        Ok(output)
    }

    /// Computes the gradient with respect to x. In it, the gradients of values and gates lie as
    /// values and gates do in x.
    ///
    /// # Errors
    /// As [`Gpu::glu_split`], and [`Error::Argument`] if `grad_output` does not have the shape of
    /// its result.
    pub fn glu_split_backward(
        &self,
        glu: Glu,
        axis: isize,
        layout: GluLayout,
        x: &Tensor,
        grad_output: &Tensor,
    ) -> Result<Tensor, Error> {
        let [dx] = self.glu_split_backward_into(glu, axis, layout, x, grad_output, &[])?;
        Ok(dx)
    }

    pub(super) fn glu_split_backward_into<const N: usize>(
        &self,
        glu: Glu,
        axis: isize,
        layout: GluLayout,
        x: &Tensor,
        grad_output: &Tensor,
        into: &[&Tensor],
    ) -> Result<[Tensor; N], Error> {
        self.check_gpu("x", x)?;
        self.check_gpu("grad_output", grad_output)?;
        let (split, shape) = split(x, axis, layout)?;
        let outputs = [("grad_x", x.shape(), x.dtype)];
        let others = [("grad_output", grad_output.view())];
        self.compute(
            ("x", &x.view()),
            others,
            &[],
            &shape,
            outputs,
            into,
            |_, x, [dy], _, [dx]| self.kernels.glu_split_backward(glu, split, x, dy, dx),
        )
    }
}

/// Returns the places of values and gates in a split tensor, and the shape of the result.
fn split(x: &Tensor, axis: isize, layout: GluLayout) -> Result<(SplitLayout, Vec<usize>), Error> {
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

//! Functions along an axis of tensors.

use super::{Gpu, Tensor};
use crate::axis::Saved;
use crate::kernels::{Masked, Slice};
use crate::{AxisFunction, Error, Rows};

impl<'a> From<&'a Tensor> for Masked<&'a Tensor> {
    fn from(x: &'a Tensor) -> Self {
        Self::unmasked(x)
    }
}

impl<'a> From<(&'a Tensor, &'a Tensor)> for Masked<&'a Tensor> {
    fn from((x, mask): (&'a Tensor, &'a Tensor)) -> Self {
        Self::new(x, mask)
    }
}

impl Gpu {
    /// A tensor of `f(x)` along an axis of x, which counts from the end if it is negative:
    /// `gpu.forward_axis(AxisFunction::Softmax { temperature: 1.0 }, &x, -1)`, or `(&x, &mask)` in place of `&x`.
    ///
    /// It has the shape of x, but for the axis: logsumexp removes it, maxout divides it by its groups, crelu doubles it.
    /// A mask has the shape of x, or that of its last dimensions, the axis among them.
    ///
    /// ```
    /// use wgpu_activations::{AxisFunction, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let softmax = AxisFunction::Softmax { temperature: 1.0 };
    /// let x = gpu.upload(&[0.0, 0.0, 1.0, f32::NEG_INFINITY], [2, 2])?;
    /// let y = gpu.forward_axis(softmax, &x, -1)?;
    /// let grad_output = gpu.upload(&[1.0, 0.0, 0.0, 0.0], [2, 2])?;
    /// let grad_input = gpu.backward_axis(softmax, &y, &grad_output, -1)?;
    ///
    /// let [y, grad_input] = gpu.read_blocking([&y, &grad_input])?;
    /// assert_eq!(y, [0.5, 0.5, 1.0, 0.0]);
    /// assert_eq!(grad_input, [0.25, -0.25, 0.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the parameter is out of range, if x has no such axis or it cannot be cut into groups, if the mask has another shape,
    /// if a tensor is another `Gpu`'s, if what is before and behind the middle of crelu's axis does not fit into a binding, or if
    /// there is no memory.
    pub fn forward_axis<'a>(
        &self,
        function: AxisFunction,
        inputs: impl Into<Masked<&'a Tensor>>,
        axis: isize,
    ) -> Result<Tensor, Error> {
        let Masked { x, mask, empty_is_zero } = inputs.into();
        self.own_tensor("x", x)?;
        let rows = Rows::along(&x.shape, axis)?;
        let mask = mask.map(|mask| self.mask(x, mask)).transpose()?;
        let inputs = Masked { x: x.slice(), mask, empty_is_zero };
        let output = self.empty(&output_shape(function, &x.shape, axis)?)?;
        self.record(&self.kernels.forward_rows(function, rows, inputs, output.slice())?)?;
        Ok(output)
    }

    /// The gradient with respect to x, of the shape of x, given `saved`: the output y of the forward pass for softmax,
    /// log_softmax and softmin, x for the others ([`AxisInfo::saved`](crate::AxisInfo::saved) says which).
    ///
    /// # Errors
    /// As [`Gpu::forward_axis`]; also if `grad_output` has another shape than the output.
    pub fn backward_axis(
        &self,
        function: AxisFunction,
        saved: &Tensor,
        grad_output: &Tensor,
        axis: isize,
    ) -> Result<Tensor, Error> {
        self.own_tensor(if function.info().saved == Saved::Output { "y" } else { "x" }, saved)?;
        self.own_tensor("grad_output", grad_output)?;
        let rows = Rows::along(&saved.shape, axis)?;
        let expected = output_shape(function, &saved.shape, axis)?;
        if grad_output.shape != expected {
            return Err(Error::Shape { argument: "grad_output", actual: grad_output.shape.clone(), expected });
        }
        let grad_input = self.empty(&saved.shape)?;
        let slices = (saved.slice(), grad_output.slice(), grad_input.slice());
        self.record(&self.kernels.backward_rows(function, rows, slices.0, slices.1, slices.2)?)?;
        Ok(grad_input)
    }

    /// The gradients of [`Gpu::backward_axis`] with respect to x and to `grad_output`, given `tangent`, the gradient with respect to
    /// its result, for softmax, log_softmax and softmin; y is the output of the forward pass.
    ///
    /// # Errors
    /// As [`Gpu::backward_axis`]; also if the function has no double backward.
    pub fn double_backward_axis(
        &self,
        function: AxisFunction,
        y: &Tensor,
        grad_output: &Tensor,
        tangent: &Tensor,
        axis: isize,
    ) -> Result<[Tensor; 2], Error> {
        self.own_tensor("y", y)?;
        self.own_of_shape("grad_output", grad_output, y)?;
        self.own_of_shape("tangent", tangent, y)?;
        let rows = Rows::along(&y.shape, axis)?;
        let [grad_x, grad_grad_output] = [self.empty(&y.shape)?, self.empty(&y.shape)?];
        let (of_y, of_tangent) = (y.slice(), tangent.slice());
        let kernels = &self.kernels;
        let of_x =
            kernels.double_backward_rows(function, rows, of_y, grad_output.slice(), of_tangent, grad_x.slice())?;
        self.record(&of_x)?;
        let of_grad_output = grad_grad_output.slice();
        self.record(&kernels.double_backward_rows_grad_output(function, rows, of_y, of_tangent, of_grad_output)?)?;
        Ok([grad_x, grad_grad_output])
    }

    /// The slice of a mask that fits x.
    fn mask<'a>(&self, x: &Tensor, mask: &'a Tensor) -> Result<Slice<'a>, Error> {
        self.own_tensor("mask", mask)?;
        if x.shape.ends_with(&mask.shape) {
            return Ok(mask.slice());
        }
        Err(Error::Shape { argument: "mask", actual: mask.shape.clone(), expected: x.shape.clone() })
    }
}

/// The shape of the output.
fn output_shape(function: AxisFunction, shape: &[usize], axis: isize) -> Result<Vec<usize>, Error> {
    let rows = Rows::along(shape, axis)?;
    let length = rows.of_output(function)?.length as usize;
    let mut shape = shape.to_vec();
    // A single number is a row of one, and has no axis.
    if length == rows.length as usize && function != AxisFunction::Logsumexp {
        return Ok(shape);
    }
    if shape.is_empty() {
        return Ok(if function == AxisFunction::Logsumexp { vec![] } else { vec![length] });
    }
    let position = crate::axis::position(axis, shape.len())?;
    if function == AxisFunction::Logsumexp {
        shape.remove(position);
    } else {
        shape[position] = length;
    }
    Ok(shape)
}

//! Functions along an axis of tensors.

use super::view::Part;
use super::{Gpu, Tensor};
use crate::axis::Saved;
use crate::kernels::{MaskedInput, Slice};
use crate::{AxisFunction, AxisShape, Error};

impl<'a> From<&'a Tensor> for MaskedInput<&'a Tensor> {
    fn from(x: &'a Tensor) -> Self {
        Self::unmasked(x)
    }
}

impl<'a> From<(&'a Tensor, &'a Tensor)> for MaskedInput<&'a Tensor> {
    fn from((x, mask): (&'a Tensor, &'a Tensor)) -> Self {
        Self::new(x, mask)
    }
}

impl Gpu {
    /// A tensor of `f(x)` along an axis of x, which counts from the end if it is negative:
    /// `gpu.forward_axis(AxisFunction::Softmax { temperature: 1.0 }, -1, &x)`, or `(&x, &mask)` in
    /// place of `&x`.
    ///
    /// It has the shape of x, but for the axis: logsumexp removes it, maxout divides it by its
    /// groups, crelu doubles it. A mask has the shape of x, or that of its last dimensions, the
    /// axis among them. The result is stored as x is.
    ///
    /// ```
    /// use wgpu_activations::{AxisFunction, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let softmax = AxisFunction::Softmax { temperature: 1.0 };
    /// let x = gpu.upload(&[0.0, 0.0, 1.0, f32::NEG_INFINITY], [2, 2])?;
    /// let y = gpu.forward_axis(softmax, -1, &x)?;
    /// let grad_output = gpu.upload(&[1.0, 0.0, 0.0, 0.0], [2, 2])?;
    /// let grad_input = gpu.backward_axis(softmax, -1, &y, &grad_output)?;
    ///
    /// let [y, grad_input] = gpu.read_blocking([&y, &grad_input])?;
    /// assert_eq!(y, [0.5, 0.5, 1.0, 0.0]);
    /// assert_eq!(grad_input, [0.25, -0.25, 0.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the parameter is out of range, if x has no such axis or it cannot be cut into groups, if
    /// the mask has another shape, if a tensor is another `Gpu`'s, if what is before and behind the
    /// middle of crelu's axis does not fit into a binding, or if there is no memory.
    pub fn forward_axis<'a>(
        &self,
        function: AxisFunction,
        axis: isize,
        inputs: impl Into<MaskedInput<&'a Tensor>>,
    ) -> Result<Tensor, Error> {
        let MaskedInput {
            x,
            mask,
            empty_is_zero,
        } = inputs.into();
        let mask = mask.map(|mask| self.mask(x, mask)).transpose()?;
        let x = self.check_gpu("x", x)?;
        let output = self.empty(&output_shape(function, &x.shape, axis)?, x.dtype())?;
        let rows = AxisShape::along(&x.shape, axis)?;
        self.in_parts(
            [("x", &x), ("output", &output.view())],
            |Part {
                 slices: [x, output],
                 ..
             }| {
                self.kernels.forward_axis(
                    function,
                    part_of(rows, x)?,
                    MaskedInput {
                        x,
                        mask,
                        empty_is_zero,
                    },
                    output,
                )
            },
        )?;
        Ok(output)
    }

    /// The gradient with respect to x, of the shape of x, given `saved`: the output y of the
    /// forward pass for softmax, log_softmax and softmin, x for the others
    /// ([`AxisInfo::saved`](crate::AxisInfo::saved) says which).
    ///
    /// # Errors
    /// As [`Gpu::forward_axis`]; also if `grad_output` has another shape than the output.
    pub fn backward_axis(
        &self,
        function: AxisFunction,
        axis: isize,
        saved: &Tensor,
        grad_output: &Tensor,
    ) -> Result<Tensor, Error> {
        let name = if function.info().saved == Saved::Output {
            "y"
        } else {
            "x"
        };
        let (saved, grad_output) = (
            self.check_gpu(name, saved)?,
            self.check_gpu("grad_output", grad_output)?,
        );
        let rows = AxisShape::along(&saved.shape, axis)?;
        let expected = output_shape(function, &saved.shape, axis)?;
        if grad_output.shape != expected {
            return Err(Error::shape("grad_output", &grad_output.shape, &expected));
        }
        let grad_input = self.empty(&saved.shape, saved.dtype())?;
        let views = [
            (name, &saved),
            ("grad_output", &grad_output),
            ("grad_input", &grad_input.view()),
        ];
        self.in_parts(
            views,
            |Part {
                 slices: [saved, grad_output, grad_input],
                 ..
             }| {
                self.kernels.backward_axis(
                    function,
                    part_of(rows, saved)?,
                    saved,
                    grad_output,
                    grad_input,
                )
            },
        )?;
        Ok(grad_input)
    }

    /// The gradients of [`Gpu::backward_axis`] with respect to x and to `grad_output`, given
    /// `tangent`, the gradient with respect to its result, for softmax, log_softmax and softmin; y
    /// is the output of the forward pass.
    ///
    /// # Errors
    /// As [`Gpu::backward_axis`]; also if the function has no double backward.
    pub fn double_backward_axis(
        &self,
        function: AxisFunction,
        axis: isize,
        y: &Tensor,
        grad_output: &Tensor,
        tangent: &Tensor,
    ) -> Result<[Tensor; 2], Error> {
        let y = self.check_gpu("y", y)?;
        let grad_output = self.check_gpu_and_shape("grad_output", grad_output, &y)?;
        let tangent = self.check_gpu_and_shape("tangent", tangent, &y)?;
        let rows = AxisShape::along(&y.shape, axis)?;
        let [grad_x, grad_grad_output] = [
            self.empty(&y.shape, y.dtype())?,
            self.empty(&y.shape, y.dtype())?,
        ];
        let views = [
            ("y", &y),
            ("grad_output", &grad_output),
            ("tangent", &tangent),
            ("grad_x", &grad_x.view()),
            ("grad_grad_output", &grad_grad_output.view()),
        ];
        self.in_parts(
            views,
            |Part {
                 slices: [y, grad_output, tangent, grad_x, grad_grad_output],
                 ..
             }| {
                let rows = part_of(rows, y)?;
                self.kernels.double_backward_axis(
                    function,
                    rows,
                    y,
                    grad_output,
                    tangent,
                    grad_x,
                    grad_grad_output,
                )
            },
        )?;
        Ok([grad_x, grad_grad_output])
    }

    /// The slice of a mask that fits x.
    fn mask<'a>(&self, x: &Tensor, mask: &'a Tensor) -> Result<Slice<'a>, Error> {
        self.check_same_gpu("mask", mask)?;
        // A mask that differs along the first dimension would have to be cut as x is.
        let buffers = x.buffers.len();
        if buffers > 1 && x.shape.len() == mask.shape.len() {
            return Err(Error::several_buffers("x", buffers));
        }
        if x.shape.ends_with(&mask.shape) {
            return mask.slice();
        }
        Err(Error::shape("mask", &mask.shape, &x.shape))
    }
}

/// The rows of a part of x, which must be whole.
fn part_of(rows: AxisShape, x: Slice<'_>) -> Result<AxisShape, Error> {
    let (slab, elements) = (rows.length * rows.inner, x.elements());
    match rows.outer * slab {
        all if all == elements => Ok(rows),
        _ if elements.is_multiple_of(slab) => Ok(AxisShape {
            outer: elements / slab,
            ..rows
        }),
        all => Err(Error::several_buffers("x", all.div_ceil(elements) as usize)),
    }
}

/// The shape of the output.
fn output_shape(function: AxisFunction, shape: &[usize], axis: isize) -> Result<Vec<usize>, Error> {
    let rows = AxisShape::along(shape, axis)?;
    let length = rows.of_output(function)?.length as usize;
    let mut shape = shape.to_vec();
    // A single number is a row of one, and has no axis.
    if length == rows.length as usize && function != AxisFunction::Logsumexp {
        return Ok(shape);
    }
    if shape.is_empty() {
        return Ok(if function == AxisFunction::Logsumexp {
            vec![]
        } else {
            vec![length]
        });
    }
    let position = crate::axis::position(axis, shape.len())?;
    if function == AxisFunction::Logsumexp {
        shape.remove(position);
    } else {
        shape[position] = length;
    }
    Ok(shape)
}

//! Functions along an axis of tensors.

use super::tensor::wide;
use super::{Gpu, Tensor, View};
use crate::kernels::{Mask, MaskedInput, Slice, StridedLayout, saved_name};
use crate::{AxisFunction, AxisShape, Error};

impl<'a, X: Into<View<'a>>> From<X> for MaskedInput<View<'a>> {
    fn from(x: X) -> Self {
        Self::unmasked(x.into())
    }
}

impl<'a, X: Into<View<'a>>, M: Into<View<'a>>> From<(X, M)> for MaskedInput<View<'a>> {
    fn from((x, mask): (X, M)) -> Self {
        Self::new(x.into(), mask.into())
    }
}

impl<'a> From<MaskedInput<&'a Tensor>> for MaskedInput<View<'a>> {
    fn from(input: MaskedInput<&'a Tensor>) -> Self {
        let mask = input.mask.map(|Mask { values, is_boolean }| Mask {
            values: values.view(),
            is_boolean,
        });
        Self {
            x: input.x.view(),
            mask,
            empty_is_zero: input.empty_is_zero,
        }
    }
}

impl Gpu {
    /// Computes `f(x)` along an axis of x. A negative axis counts from the end. Pass `(&x, &mask)`
    /// in place of `&x` to add a mask to x. Both may be [views](View), which are read where they lie.
    ///
    /// The result has the dtype and the shape of x. Exceptions: logsumexp removes the axis, maxout
    /// divides its length by the size of the groups, crelu doubles it. A mask has any shape that
    /// broadcasts to that of x, as [`MaskedInput::new`] says. [`MaskedInput::boolean`] takes one
    /// that says which elements count.
    ///
    /// ```
    /// use wgpu_activations::{AxisFunction, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let softmax = AxisFunction::SOFTMAX;
    /// let x = gpu.upload(&[0.0, 0.0, 1.0, f32::NEG_INFINITY], [2, 2])?;
    /// let y = gpu.forward_axis(softmax, -1, &x)?;
    /// let grad_output = gpu.upload(&[1.0, 0.0, 0.0, 0.0], [2, 2])?;
    /// let grad_x = gpu.backward_axis(softmax, -1, &y, &grad_output)?;
    ///
    /// let [y, grad_x] = gpu.read_blocking([&y, &grad_x])?;
    /// assert_eq!(y, [0.5, 0.5, 1.0, 0.0]);
    /// assert_eq!(grad_x, [0.25, -0.25, 0.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::Parameter`] if the parameter is out of range.
    /// - [`Error::Argument`] if x has no such axis, if the axis cannot be cut into groups, if the
    ///   shape of the mask does not broadcast to that of x, or if a tensor belongs to another `Gpu`.
    /// - [`Error::TooLarge`] if both halves of one row of crelu's output do not fit into a binding.
    /// - [`Error::OutOfMemory`] if there is no memory for the result.
    pub fn forward_axis<'a>(
        &self,
        function: AxisFunction,
        axis: isize,
        inputs: impl Into<MaskedInput<View<'a>>>,
    ) -> Result<Tensor, Error> {
        let MaskedInput {
            x,
            mask,
            empty_is_zero,
        } = inputs.into();
        self.check_gpu("x", x.tensor)?;
        let (mut whole, mut broadcast) = (Vec::new(), None);
        if let Some(Mask { values, .. }) = &mask {
            self.check_gpu("mask", values.tensor)?;
            // A mask of x's shape is divided among buffers as x is.
            if values.shape == x.shape {
                whole.push(("mask", values.clone()));
            } else {
                broadcast = Some(broadcast_mask(&x, values)?);
            }
        }
        let is_boolean = mask.map(|mask| mask.is_boolean);
        let shape = output_shape(function, &x.shape, axis)?;
        let rows = AxisShape::along(&x.shape, axis)?;
        let outputs = [("output", &*shape, x.dtype())];
        let [output] = self.compute(
            ("x", &x),
            [],
            &whole,
            &shape,
            outputs,
            |part, x, [], whole, [output]| {
                let values = broadcast.or(whole.first().copied());
                let mask = is_boolean.zip(values);
                let input = MaskedInput {
                    x,
                    mask: mask.map(|(is_boolean, values)| Mask { values, is_boolean }),
                    empty_is_zero,
                };
                let rows = part_of(rows, x)?;
                self.kernels
                    .forward_axis_of_part(function, rows, input, Some(part), output)
            },
        )?;
        Ok(output)
    }

    /// Computes the gradient with respect to x, which has the shape of x. `saved` is the output y
    /// of the forward pass for softmax, log_softmax and softmin, and x for the others.
    /// [`AxisInfo::saved`](crate::AxisInfo::saved) tells them apart. Both may be [views](View), but
    /// `grad_output` only if it has the elements of x.
    ///
    /// ```
    /// use wgpu_activations::{AxisFunction, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0, 1.0], [1, 2])?;
    /// let y = gpu.forward_axis(AxisFunction::SOFTMAX, -1, &x)?;
    /// let grad_output = gpu.upload(&[1.0, 0.0], [1, 2])?;
    /// let grad_x = gpu.backward_axis(AxisFunction::SOFTMAX, -1, &y, &grad_output)?; // saved: y
    ///
    /// let max = AxisFunction::Maxout { groups: 2 };
    /// let grad_max = gpu.upload(&[1.0], [1, 1])?;
    /// let grad_of_max = gpu.backward_axis(max, -1, &x, &grad_max)?; // saved: x
    ///
    /// let [grad_x, grad_of_max] = gpu.read_blocking([&grad_x, &grad_of_max])?;
    /// assert_eq!(grad_x, [0.25, -0.25]);
    /// assert_eq!(grad_of_max, [1.0, 0.0]); // the first of the largest
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::forward_axis`], and [`Error::Argument`] if `grad_output` has another shape than
    /// the output.
    pub fn backward_axis<'a>(
        &self,
        function: AxisFunction,
        axis: isize,
        saved: impl Into<View<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        let (saved, grad_output) = (saved.into(), grad_output.into());
        let name = saved_name(function);
        self.check_gpu(name, saved.tensor)?;
        self.check_gpu("grad_output", grad_output.tensor)?;
        let rows = AxisShape::along(&saved.shape, axis)?;
        let shape = output_shape(function, &saved.shape, axis)?;
        let outputs = [("grad_x", saved.shape(), saved.dtype())];
        let others = [("grad_output", grad_output)];
        let [dx] = self.compute(
            (name, &saved),
            others,
            &[],
            &shape,
            outputs,
            |_, saved, [dy], _, [dx]| {
                self.kernels
                    .backward_axis(function, part_of(rows, saved)?, saved, dy, dx)
            },
        )?;
        Ok(dx)
    }

    /// Computes the gradients of [`Gpu::backward_axis`] with respect to x and to `grad_output`, for
    /// softmax, log_softmax and softmin. y is the output of the forward pass, and `tangent` the
    /// gradient with respect to the result of the backward pass.
    ///
    /// # Errors
    /// As [`Gpu::backward_axis`], and [`Error::Argument`] if the function has no double backward.
    pub fn double_backward_axis<'a>(
        &self,
        function: AxisFunction,
        axis: isize,
        y: impl Into<View<'a>>,
        grad_output: impl Into<View<'a>>,
        tangent: impl Into<View<'a>>,
    ) -> Result<[Tensor; 2], Error> {
        let y = y.into();
        let outputs = ["grad_x", "grad_grad_output"].map(|name| (name, y.shape(), y.dtype()));
        let others = [
            ("grad_output", grad_output.into()),
            ("tangent", tangent.into()),
        ];
        self.compute(
            ("y", &y),
            others,
            &[],
            &y.shape,
            outputs,
            |_, part, [dy, tangent], _, [dx, ddy]| {
                let rows = part_of(AxisShape::along(&y.shape, axis)?, part)?;
                self.kernels
                    .double_backward_axis(function, rows, part, dy, tangent, dx, ddy)
            },
        )
    }
}

/// Returns the slice of a mask, broadcast to the shape of x.
fn broadcast_mask<'a>(x: &View<'_>, mask: &View<'a>) -> Result<Slice<'a>, Error> {
    let refused = || Error::broadcast("mask", &mask.shape, &x.shape, "");
    if !mask.is_whole() {
        let mask = mask.broadcast_to(&x.shape).map_err(|_| refused())?;
        return Ok(mask.slice());
    }
    let layout = StridedLayout::broadcast(&wide(&mask.shape), &wide(&x.shape))?;
    Ok(Slice {
        layout: Some(layout.ok_or_else(refused)?),
        ..mask.tensor.slice()?
    })
}

/// Returns the rows of a part of x. A row cannot be divided.
fn part_of(rows: AxisShape, x: Slice<'_>) -> Result<AxisShape, Error> {
    let (slab, elements) = (rows.length * rows.inner, x.elements());
    let all = rows.outer * slab;
    if all == elements {
        return Ok(rows);
    }
    if !elements.is_multiple_of(slab) {
        return Err(Error::several_buffers("x", all.div_ceil(elements) as usize));
    }
    Ok(AxisShape {
        outer: elements / slab,
        ..rows
    })
}

/// Returns the shape of the output: logsumexp removes the axis, others give it another length.
fn output_shape(function: AxisFunction, shape: &[usize], axis: isize) -> Result<Vec<usize>, Error> {
    let length = AxisShape::along(shape, axis)?.of_output(function)?.length as usize;
    let is_removed = function == AxisFunction::Logsumexp;
    let mut shape = shape.to_vec();
    if shape.is_empty() {
        // A single number has no axis, but it is a row of one element.
        let keeps_shape = is_removed || length == 1;
        return Ok(if keeps_shape { shape } else { vec![length] });
    }
    let position = crate::axis::position(axis, shape.len())?;
    if is_removed {
        shape.remove(position);
    } else {
        shape[position] = length;
    }
    Ok(shape)
}

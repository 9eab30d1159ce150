//! Functions along an axis, in the low-level API.

use super::axis_request::{AxisRequest, mask};
use super::learned::Part;
use super::request::{Operand, Repeatable, check_buffers, check_slices, unify_shapes};
use super::strided::Repeat;
use super::{Kernels, Operation, Slice};
use crate::axis::Saved;
use crate::wgsl::Op;
use crate::{AxisFunction, AxisShape, Dtype, Error};

/// The input of a function along an axis: x, and a mask if there is one.
///
/// x and `(x, mask)` convert into it. `T` is a [`Slice`] in the low-level API and a reference to a
/// [`Tensor`](crate::Tensor) in the high-level API.
#[derive(Clone, Copy, Debug)]
pub struct MaskedInput<T> {
    pub(crate) x: T,
    pub(crate) mask: Option<Mask<T>>,
    pub(crate) empty_is_zero: bool,
}

/// A mask, and how it is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mask<T> {
    pub(crate) values: T,
    /// True if it says which elements count, and is not added.
    pub(crate) is_boolean: bool,
}

impl<T> MaskedInput<T> {
    /// Adds a mask to x: 0 where an element counts, -Inf where it does not, or any other number.
    ///
    /// The mask has any shape that broadcasts to that of x by NumPy's rules: `[T, T]` or
    /// `[B, 1, 1, T]` for x of shape `[B, H, T, T]`. Nothing is copied. In the low-level API its
    /// slice is [strided](Slice::strided) to the shape of x, with strides of 0 where it is
    /// repeated; one without strides has the elements of x, or those of its last dimensions, the
    /// axis among them.
    #[must_use]
    pub fn new(x: T, mask: T) -> Self {
        Self::with(x, mask, false)
    }

    /// Takes those elements of x that count, and -Inf for all others: an element counts if that of
    /// the mask is not 0. The mask has a shape as in [`MaskedInput::new`].
    ///
    /// The gradient of [`Gpu::backward_axis`](crate::Gpu::backward_axis) is then that with respect
    /// to x after this. For softmax and softmin it is 0 at the elements that do not count; for
    /// log_softmax it is `grad_output` there.
    ///
    /// ```
    /// use wgpu_activations::{AxisFunction, Gpu, MaskedInput};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0, 1.0, 1.0, 5.0], [2, 2])?;
    /// let counts = gpu.upload(&[true, true, true, false], [2, 2])?;
    /// let y = gpu.forward_axis(AxisFunction::SOFTMAX, -1, MaskedInput::boolean(&x, &counts))?;
    /// assert_eq!(gpu.read_blocking(&y)?, [0.5, 0.5, 1.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn boolean(x: T, mask: T) -> Self {
        Self::with(x, mask, true)
    }

    fn with(x: T, values: T, is_boolean: bool) -> Self {
        Self {
            mask: Some(Mask { values, is_boolean }),
            ..Self::unmasked(x)
        }
    }

    /// Takes x without a mask.
    #[must_use]
    pub fn unmasked(x: T) -> Self {
        Self {
            x,
            mask: None,
            empty_is_zero: false,
        }
    }

    /// Makes softmax and softmin give zeros for a row in which no element counts, and log_softmax
    /// their logarithms, -Inf. By default the row is NaN, as in PyTorch.
    ///
    /// ```
    /// use wgpu_activations::{AxisFunction, Gpu, MaskedInput};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0, 1.0, 5.0, 5.0], [2, 2])?;
    /// let none = f32::NEG_INFINITY;
    /// let mask = gpu.upload(&[0.0, 0.0, none, none], [2, 2])?; // no element of row 1 counts
    /// let input = MaskedInput::new(&x, &mask).empty_rows_as_zeros();
    /// let y = gpu.forward_axis(AxisFunction::SOFTMAX, -1, input)?;
    /// assert_eq!(gpu.read_blocking(&y)?, [0.5, 0.5, 0.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn empty_rows_as_zeros(self) -> Self {
        Self {
            empty_is_zero: true,
            ..self
        }
    }
}

impl<'a, X: Into<Slice<'a>>> From<X> for MaskedInput<Slice<'a>> {
    fn from(x: X) -> Self {
        Self::unmasked(x.into())
    }
}

impl<'a, X: Into<Slice<'a>>, M: Into<Slice<'a>>> From<(X, M)> for MaskedInput<Slice<'a>> {
    fn from((x, mask): (X, M)) -> Self {
        Self::new(x.into(), mask.into())
    }
}

impl Kernels {
    /// Computes `output = f(x)` along an axis of x.
    ///
    /// x may be [strided](Slice::strided), and is read where it lies. The output has as many elements
    /// as x. Exceptions: logsumexp gives one for each row, maxout
    /// one for each group, crelu two for each element of x. Sums are added in an order that depends
    /// on the shape alone: each run gives the same bits.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// # let (device, kernels) = (gpu.device(), gpu.kernels());
    /// # let buffer = |size| device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage: wgpu::BufferUsages::STORAGE, mapped_at_creation: false });
    /// # let (x, y) = (buffer(4 * 64 * 10), buffer(4 * 64 * 10));
    /// # use wgpu_activations::wgpu;
    /// use wgpu_activations::{AxisFunction, AxisShape};
    ///
    /// let shape = AxisShape::along(&[64, 10], -1)?; // or AxisShape::new(64, 10, 1)
    /// let operation = kernels.forward_axis(AxisFunction::SOFTMAX, shape, &x, &y)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::Parameter`] if the parameter is out of range.
    /// - [`Error::SameBuffer`] if the output and an input share a buffer.
    /// - [`Error::Argument`] if the number of a slice's elements does not fit the shape, if the
    ///   function takes no mask or no groups of that size, if a slice is unaligned or passes its
    ///   buffer's end, or if a buffer lacks `STORAGE` usage.
    /// - [`Error::TooLarge`] if both halves of one row of crelu's output do not fit into a binding.
    /// - [`Error::Compile`] or [`Error::Wgpu`] if wgpu refuses a kernel or a binding.
    pub fn forward_axis<'a>(
        &self,
        function: AxisFunction,
        shape: AxisShape,
        inputs: impl Into<MaskedInput<Slice<'a>>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let input = inputs.into();
        if let Some(mask) = &input.mask {
            let operands = [("x", input.x), ("mask", mask.values)];
            unify_shapes(&mut operands.map(|(name, slice)| Operand::input(name, slice)))?;
        }
        self.forward_axis_of_part(function, shape, input, None, output.into())
    }

    /// Computes [`Kernels::forward_axis`] of a part of a tensor. A mask that is broadcast has the
    /// layout of the whole tensor.
    pub(crate) fn forward_axis_of_part<'a>(
        &self,
        function: AxisFunction,
        shape: AxisShape,
        input: MaskedInput<Slice<'a>>,
        part: Option<Part>,
        output: Slice<'a>,
    ) -> Result<Operation, Error> {
        let elements = shape.elements().unwrap_or(u64::MAX);
        let part = part.unwrap_or(Part {
            first: 0,
            of: elements,
        });
        let mask = input.mask.map(|Mask { values, is_boolean }| {
            let mask = mask(function, shape, values, part)?;
            let name = if is_boolean { "boolean_mask" } else { "mask" };
            Ok::<_, Error>(Repeatable {
                operand: mask.operand.named(name),
                ..mask
            })
        });
        let (mut repeat, most) = (None, self.elements_in_binding());
        let second = mask.transpose()?;
        let second = second.map(|mask| mask.joined(&mut repeat, part.of, most));
        self.axis(&AxisRequest {
            function,
            op: Op::Forward,
            shape,
            x: Operand::input("x", input.x),
            second,
            first: part.first,
            repeat: repeat.unwrap_or_default(),
            output: Operand::output("output", output),
            empty_is_zero: input.empty_is_zero,
        })
    }

    /// Computes the gradient with respect to x. `saved` is the output y of the forward pass for
    /// softmax, log_softmax and softmin, and x for the others.
    /// [`AxisInfo::saved`](crate::AxisInfo::saved) tells them apart. y already includes the mask.
    ///
    /// Both may be [strided](Slice::strided) if they have the same elements.
    ///
    /// If a result needs the sum of its row, a NaN or an infinity in `grad_output` gives NaN in the
    /// whole row.
    ///
    /// # Errors
    /// As [`Kernels::forward_axis`].
    pub fn backward_axis<'a>(
        &self,
        function: AxisFunction,
        shape: AxisShape,
        saved: impl Into<Slice<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        self.axis(&AxisRequest {
            function,
            op: Op::Backward,
            shape,
            x: Operand::input(saved_name(function), saved.into()),
            second: Some(Operand::input("grad_output", grad_output.into())),
            first: 0,
            repeat: Repeat::default(),
            output: Operand::output("grad_x", grad_x.into()),
            empty_is_zero: false,
        })
    }

    /// Computes the gradients of [`Kernels::backward_axis`] with respect to x and to `grad_output`,
    /// for softmax, log_softmax and softmin. y is the output of the forward pass, and `tangent` the
    /// gradient with respect to the result of the backward pass.
    ///
    /// For softmax, with `t = y * (tangent - sum(y * tangent)) / temperature`, the gradients are
    /// `(t * (grad_output - sum(y * grad_output)) - y * sum(t * grad_output)) / temperature` and
    /// `t`. For log_softmax, with e^y for y in t, they are `-t * sum(grad_output) / temperature`
    /// and `(tangent - sum(e^y * tangent)) / temperature`. `grad_x` holds t between the dispatches.
    /// If `grad_x` is 16-bit, a scratch buffer does.
    ///
    /// # Errors
    /// As [`Kernels::forward_axis`], and [`Error::Argument`] if the function has no double
    /// backward.
    #[expect(clippy::too_many_arguments, reason = "each is a slice of its own")]
    pub fn double_backward_axis<'a>(
        &self,
        function: AxisFunction,
        shape: AxisShape,
        y: impl Into<Slice<'a>>,
        grad_output: impl Into<Slice<'a>>,
        tangent: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
        grad_grad_output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        if function.info().double_backward.is_none() {
            return Err(Error::no_double_backward(function.info().name));
        }
        let grad_x = Operand::output("grad_x", grad_x.into());
        let grad_grad_output = Operand::output("grad_grad_output", grad_grad_output.into());
        let mut operands = [
            grad_x,
            grad_grad_output,
            Operand::input("y", y.into()),
            Operand::input("grad_output", grad_output.into()),
            Operand::input("tangent", tangent.into()),
        ];
        check_slices(&operands, true)?;
        check_buffers(&operands)?;
        unify_shapes(&mut operands)?;
        let [.., y, grad_output, tangent] = operands;
        let request = |op, second: Operand<'a>, output| AxisRequest {
            function,
            op,
            shape,
            x: y,
            second: Some(second.named("grad_output")),
            first: 0,
            repeat: Repeat::default(),
            output,
            empty_is_zero: false,
        };
        let steps = [
            request(Op::DoubleBackwardTangent, tangent, grad_x),
            request(Op::DoubleBackward, grad_output, grad_x),
        ];
        let mut operation = if grad_x.slice.dtype == Dtype::F32 {
            let mut operation = self.axis(&steps[0])?;
            operation.append(self.axis(&steps[1])?);
            operation
        } else {
            self.axis_in_f32(&steps)?
        };
        let last = request(Op::DoubleBackwardGradOutput, tangent, grad_grad_output);
        operation.append(self.axis(&last)?);
        Ok(operation)
    }
}

/// The name of the tensor that the backward pass reads beside the gradient.
pub(crate) fn saved_name(function: AxisFunction) -> &'static str {
    match function.info().saved {
        Saved::Input => "x",
        Saved::Output => "y",
    }
}

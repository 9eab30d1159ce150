//! Functions along an axis, at the guest level.

mod call;
mod job;
mod plan;
mod rate;
mod step;

use job::{Argument, Job};
pub(super) use step::Key;

use super::{Kernels, Operation, Slice};
use crate::axis::Saved;
use crate::wgsl::rows::Pass;
use crate::{AxisFunction, AxisShape, Dtype, Error};

/// What a function along an axis reads: x, with a mask if there is one.
///
/// Made from x itself, or from `(x, mask)`, where T is a [`Slice`] at the guest level, and at the simple level a
/// reference to a [`Tensor`](crate::Tensor).
#[derive(Clone, Copy, Debug)]
pub struct MaskedInput<T> {
    pub(crate) x: T,
    pub(crate) mask: Option<T>,
    pub(crate) empty_is_zero: bool,
}

impl<T> MaskedInput<T> {
    /// x with a mask that is added to it: 0 where an element counts, -Inf where it does not, or any other number. Of the
    /// shape of x, or of its last dimensions down to the axis at least: then it is repeated for each of the others.
    #[must_use]
    pub fn new(x: T, mask: T) -> Self {
        Self {
            x,
            mask: Some(mask),
            empty_is_zero: false,
        }
    }

    /// x without a mask.
    #[must_use]
    pub fn unmasked(x: T) -> Self {
        Self {
            x,
            mask: None,
            empty_is_zero: false,
        }
    }

    /// Makes softmax and softmin of a row of which nothing counts zeros, and its log_softmax their logarithms, -Inf, where
    /// PyTorch has NaN.
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
    /// `output = f(x)` along the rows of x.
    ///
    /// The output has as many elements as x, except of logsumexp, one for each row; of maxout, one for each group; of
    /// crelu, two for each of x. Sums are added in an order that depends on the shape alone: the same bits on each run.
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
    /// let rows = AxisShape::along(&[64, 10], -1)?; // or AxisShape::new(64, 10, 1)
    /// let operation = kernels.forward_axis(AxisFunction::Softmax { temperature: 1.0 }, rows, &x, &y)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the parameter is out of range, if a slice has not as many elements as the rows ask for, if output and input share
    /// a buffer, if a function takes no mask or no groups of that size, if what is before and behind the middle of crelu's axis
    /// does not fit into a binding, or if a slice is unaligned, past its buffer's end, without `STORAGE` usage, or refused by
    /// wgpu.
    pub fn forward_axis<'a>(
        &self,
        function: AxisFunction,
        rows: AxisShape,
        inputs: impl Into<MaskedInput<Slice<'a>>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let MaskedInput {
            x,
            mask,
            empty_is_zero,
        } = inputs.into();
        self.rows(&Job {
            function,
            pass: Pass::Forward,
            rows,
            x: Argument {
                name: "x",
                slice: x,
            },
            second: mask.map(|slice| Argument {
                name: "mask",
                slice,
            }),
            output: Argument {
                name: "output",
                slice: output.into(),
            },
            empty_is_zero,
        })
    }

    /// The gradient with respect to x, given `saved`: the output y of the forward pass for softmax, log_softmax and softmin, x
    /// for the others ([`AxisInfo::saved`](crate::AxisInfo::saved) says which). A mask is in y already.
    ///
    /// A NaN or an infinity in `grad_output` gives NaN in its whole row where results need the sum of the row.
    ///
    /// # Errors
    /// As [`Kernels::forward_axis`].
    pub fn backward_axis<'a>(
        &self,
        function: AxisFunction,
        rows: AxisShape,
        saved: impl Into<Slice<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_input: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let name = match function.info().saved {
            Saved::Input => "x",
            Saved::Output => "y",
        };
        self.rows(&Job {
            function,
            pass: Pass::Backward,
            rows,
            x: Argument {
                name,
                slice: saved.into(),
            },
            second: Some(Argument {
                name: "grad_output",
                slice: grad_output.into(),
            }),
            output: Argument {
                name: "grad_input",
                slice: grad_input.into(),
            },
            empty_is_zero: false,
        })
    }

    /// The gradient of [`Kernels::backward_axis`] with respect to x, for softmax, log_softmax and softmin: given the output y of
    /// the forward pass, `grad_output`, and `tangent`, the gradient with respect to the result of the backward pass.
    ///
    /// With `t = y * (tangent - sum(y * tangent)) / temperature` it is `(t * (grad_output - sum(y * grad_output)) -
    /// y * sum(t * grad_output)) / temperature` for softmax, and for log_softmax, with e^y in t, `-t * sum(grad_output) /
    /// temperature`. t lies in `grad_x` in between, or in f32 beside it if that is 16-bit.
    ///
    /// # Errors
    /// As [`Kernels::forward_axis`]; also if the function has no double backward.
    pub fn double_backward_axis<'a>(
        &self,
        function: AxisFunction,
        rows: AxisShape,
        y: impl Into<Slice<'a>>,
        grad_output: impl Into<Slice<'a>>,
        tangent: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (y, grad_x) = (y.into(), grad_x.into());
        let job = |pass, second| twice(function, rows, pass, y, second, ("grad_x", grad_x));
        let first = job(Pass::Tangent, ("tangent", tangent.into()))?;
        let in_place = job(Pass::DoubleBackward, ("grad_output", grad_output.into()))?;
        if grad_x.dtype != Dtype::F32 {
            return self.rows_in_f32(&[first, in_place]);
        }
        let mut operation = self.rows(&first)?;
        operation.steps.extend(self.rows(&in_place)?.steps);
        Ok(operation)
    }

    /// The gradient of [`Kernels::backward_axis`] with respect to its `grad_output`, for the same functions: `y * (tangent -
    /// sum(y * tangent)) / temperature` for softmax, `(tangent - sum(e^y * tangent)) / temperature` for log_softmax.
    ///
    /// # Errors
    /// As [`Kernels::double_backward_axis`].
    pub fn double_backward_rows_grad_output<'a>(
        &self,
        function: AxisFunction,
        rows: AxisShape,
        y: impl Into<Slice<'a>>,
        tangent: impl Into<Slice<'a>>,
        grad_grad_output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (tangent, output) = (
            ("tangent", tangent.into()),
            ("grad_grad_output", grad_grad_output.into()),
        );
        self.rows(&twice(
            function,
            rows,
            Pass::GradOutput,
            y.into(),
            tangent,
            output,
        )?)
    }
}

/// A step of double backward.
fn twice<'a>(
    function: AxisFunction,
    rows: AxisShape,
    pass: Pass,
    y: Slice<'a>,
    second: (&'static str, Slice<'a>),
    output: (&'static str, Slice<'a>),
) -> Result<Job<'a>, Error> {
    if function.info().double_backward.is_none() {
        return Err(Error::NoDoubleBackward {
            function: function.info().name,
        });
    }
    let argument = |(name, slice)| Argument { name, slice };
    let (x, second, output) = (argument(("y", y)), Some(argument(second)), argument(output));
    Ok(Job {
        function,
        pass,
        rows,
        x,
        second,
        output,
        empty_is_zero: false,
    })
}

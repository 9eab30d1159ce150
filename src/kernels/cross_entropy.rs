//! The cross-entropy of logits and classes, in the low-level API.

use std::sync::OnceLock;

use super::axis_request::AxisRequest;
use super::expression::SliceValue;
use super::request::{Operand, check_overlaps};
use super::slice::ELEMENT;
use super::strided::Repeat;
use super::{Kernels, Operation, Slice};
use crate::expression::{Fused, GRAD_OUTPUT};
use crate::wgsl::Op;
use crate::wgsl::operand::Layout;
use crate::{AxisFunction, AxisShape, CrossEntropy, Dtype, Error, Expression, LossReduction};

/// The input of a [`CrossEntropy`]: logits, and the class of each row.
///
/// `T` is the type of tensors, and `C` that of classes. In the low-level API both are a [`Slice`].
/// Classes are i32 there: one for each row, in the order of rows. In the high-level API they are
/// [`Targets`](crate::Targets).
#[derive(Clone, Copy, Debug)]
pub struct LossInput<T, C = T> {
    pub(crate) logits: T,
    pub(crate) targets: C,
    pub(crate) weight: Option<T>,
    pub(crate) grad_output: Option<T>,
}

impl<T, C> LossInput<T, C> {
    /// Logits and classes.
    #[must_use]
    pub fn new(logits: T, targets: C) -> Self {
        Self {
            logits,
            targets,
            weight: None,
            grad_output: None,
        }
    }

    /// Gives each class a weight: one number for each class, at least 0.
    #[must_use]
    pub fn weight(self, weight: T) -> Self {
        Self {
            weight: Some(weight),
            ..self
        }
    }

    /// The gradient with respect to the loss, by which that with respect to the logits is multiplied.
    /// It has the shape of the loss, and is 1 by default.
    #[must_use]
    pub fn grad_output(self, grad_output: T) -> Self {
        Self {
            grad_output: Some(grad_output),
            ..self
        }
    }
}

/// The place of the gradient with respect to the logits.
#[derive(Clone, Copy)]
enum Gradient<'a> {
    None,
    InPlace,
    To(Slice<'a>),
}

/// The names of rows and of their sum.
const ROW: &str = "row";
const TOTAL: &str = "total";

impl Kernels {
    /// Computes the [`CrossEntropy`] of logits, whose rows of classes lie along an axis. The loss has
    /// one element, or one for each row if nothing is reduced. It is f32.
    ///
    /// A row whose class does not exist is NaN, and so is the sum or the mean: kernels cannot refuse
    /// it. Nothing is read beyond the row.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// # let (device, kernels) = (gpu.device(), gpu.kernels());
    /// # let buffer = |size| device.create_buffer(&wgpu_activations::wgpu::BufferDescriptor { label: None, size, usage: wgpu_activations::wgpu::BufferUsages::STORAGE, mapped_at_creation: false });
    /// # let (logits, targets, loss) = (buffer(4 * 64 * 10), buffer(4 * 64), buffer(4));
    /// use wgpu_activations::{AxisShape, CrossEntropy, LossInput, Slice};
    ///
    /// let rows = AxisShape::along(&[64, 10], -1)?;
    /// let input = LossInput::new(Slice::from(&logits), Slice::from(&targets));
    /// // The logits become their gradient.
    /// let operation =
    ///     kernels.cross_entropy_in_place(CrossEntropy::default(), rows, input, &loss)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::Parameter`] if an option is out of its range.
    /// - [`Error::Overlap`] if an output has bytes in common with another argument.
    /// - [`Error::Argument`] if the number of a slice's elements does not fit, if there are no rows
    ///   or no classes, or if a slice is unaligned or passes its buffer's end.
    /// - [`Error::Compile`] or [`Error::Wgpu`] if wgpu refuses a kernel or a binding.
    pub fn cross_entropy<'a>(
        &self,
        function: CrossEntropy,
        rows: AxisShape,
        input: LossInput<Slice<'a>>,
        loss: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        self.loss(function, rows, input, loss.into(), Gradient::None)
    }

    /// Computes [`Kernels::cross_entropy`] and, in the same pass, its gradient with respect to the
    /// logits.
    ///
    /// # Errors
    /// As [`Kernels::cross_entropy`].
    pub fn cross_entropy_with_gradient<'a>(
        &self,
        function: CrossEntropy,
        rows: AxisShape,
        input: LossInput<Slice<'a>>,
        loss: impl Into<Slice<'a>>,
        grad_logits: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let gradient = Gradient::To(grad_logits.into());
        self.loss(function, rows, input, loss.into(), gradient)
    }

    /// Computes [`Kernels::cross_entropy`] and, in the same pass, overwrites the logits by their
    /// gradient: with a vocabulary of 128,000 there may be no memory for both.
    ///
    /// # Errors
    /// As [`Kernels::cross_entropy`], and [`Error::Argument`] if the logits are strided.
    pub fn cross_entropy_in_place<'a>(
        &self,
        function: CrossEntropy,
        rows: AxisShape,
        input: LossInput<Slice<'a>>,
        loss: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        self.loss(function, rows, input, loss.into(), Gradient::InPlace)
    }

    fn loss<'a>(
        &self,
        function: CrossEntropy,
        shape: AxisShape,
        input: LossInput<Slice<'a>>,
        loss: Slice<'a>,
        gradient: Gradient<'a>,
    ) -> Result<Operation, Error> {
        let function = function.checked()?;
        let (rows, classes) = (shape.outer.saturating_mul(shape.inner), shape.length);
        check_argument("loss", loss, if function.is_reduced() { 1 } else { rows })?;
        check_argument("targets", input.targets, rows)?;
        if let Some(weight) = input.weight {
            weight.check_contiguous("weight")?;
            Error::check_length("weight", weight.elements(), classes)?;
        }
        if classes == 0 || function.is_reduced() && rows == 0 {
            let message = format!("there are {rows} rows of {classes} classes, which have no loss");
            return Err(Error::argument("logits", message));
        }
        // Losses of rows may go through buffers of ours, whose kernels know nothing of this one.
        let logits = Operand::input("logits", input.logits);
        let (written, read) = match gradient {
            Gradient::None => (None, Some(logits)),
            Gradient::To(grad) => (Some(Operand::gradient("grad_logits", grad)), Some(logits)),
            Gradient::InPlace => (Some(Operand::output("logits", input.logits)), None),
        };
        let others = [
            Some(("targets", input.targets)),
            input.weight.map(|weight| ("weight", weight)),
            input.grad_output.map(|grad| ("grad_output", grad)),
        ];
        let others = others.into_iter().flatten();
        let operands: Vec<_> = [Some(Operand::output("loss", loss)), written, read]
            .into_iter()
            .flatten()
            .chain(others.map(|(name, slice)| Operand::input(name, slice)))
            .collect();
        check_overlaps(&operands)?;
        let [losses, totals] = self.reuse_or_create(&self.losses, rows + 1)?;
        let of_row = Slice::new(&losses, 0, rows * ELEMENT);
        let total = Slice::new(&totals, 0, ELEMENT);
        let mut operation = Operation { dispatches: vec![] };
        let is_mean = function.reduction == LossReduction::Mean;
        if is_mean {
            operation.append(self.target_weights(function, shape, &input, of_row)?);
            operation.append(self.sum_of_rows(of_row, total)?);
        }
        let each = if function.is_reduced() { of_row } else { loss };
        let mut request = request(function, shape, input, each, gradient)?;
        if is_mean {
            let total = Operand::input("total", total).laid_out(Layout::Repeated);
            request.broadcast.push(total);
        }
        operation.append(self.axis(&request)?);
        if function.is_reduced() {
            operation.append(self.sum_of_rows(of_row, loss)?);
        }
        Ok(operation)
    }

    /// The weight of each row, by its class.
    fn target_weights(
        &self,
        function: CrossEntropy,
        shape: AxisShape,
        input: &LossInput<Slice<'_>>,
        of_row: Slice<'_>,
    ) -> Result<Operation, Error> {
        let rows = shape.outer * shape.inner;
        let output = Operand::output("loss", of_row);
        let elements = AxisShape::new(rows, 1, 1);
        let x = Operand::input("targets", input.targets).laid_out(Layout::Words);
        let mut request =
            AxisRequest::new(AxisFunction::LOG_SOFTMAX, Op::Forward, elements, x, output);
        push_weight(&mut request, input.weight, shape.length, 1);
        request.loss = Some((function, shape.length));
        let mut dispatches = Vec::new();
        self.by_elements(&request, elements, 1, &mut dispatches)?;
        Ok(Operation { dispatches })
    }

    /// The sum of numbers, in a fixed order.
    fn sum_of_rows<'a>(&self, rows: Slice<'a>, total: Slice<'a>) -> Result<Operation, Error> {
        static SUM: OnceLock<Fused> = OnceLock::new();
        let sum = match SUM.get() {
            Some(sum) => sum,
            None => {
                // The gradient of what is broadcast is a sum.
                let terms = Expression::operand(ROW) + Expression::operand(TOTAL);
                let sum = terms.fuse_gradients([TOTAL])?;
                SUM.get_or_init(|| sum)
            }
        };
        let shape = [rows.elements()];
        let operands = [
            (ROW, SliceValue::from((rows, &shape))),
            (GRAD_OUTPUT, SliceValue::from((rows, &shape))),
            (TOTAL, SliceValue::from((total, &[]))),
        ];
        // Of the two buffers only the loss may be the caller's.
        let blame = |error| match error {
            Error::Argument { message, .. } => Error::argument("loss", message),
            other => other,
        };
        self.evaluate(sum, &operands, None, &[total]).map_err(blame)
    }
}

/// The request of losses of rows, or of the gradient and of these.
fn request<'a>(
    function: CrossEntropy,
    shape: AxisShape,
    input: LossInput<Slice<'a>>,
    losses: Slice<'a>,
    gradient: Gradient<'a>,
) -> Result<AxisRequest<'a>, Error> {
    let x = Operand::input("x", input.logits);
    let (op, x, output) = match gradient {
        Gradient::None => (Op::Forward, x, Operand::output("loss", losses)),
        Gradient::To(grad) => (Op::Backward, x, Operand::gradient("grad_logits", grad)),
        Gradient::InPlace => {
            input.logits.check_contiguous("logits")?;
            let output = Operand::output("logits", input.logits);
            (Op::Backward, x.laid_out(Layout::InPlace), output)
        }
    };
    let x = Operand {
        argument: "logits",
        ..x
    };
    let mut request = AxisRequest::new(AxisFunction::LOG_SOFTMAX, op, shape, x, output);
    request
        .rows
        .push(Operand::input("targets", input.targets).laid_out(Layout::Words));
    if op == Op::Backward {
        request
            .rows
            .push(Operand::output("loss", losses).named("loss"));
        if let Some(grad_output) = input.grad_output {
            let grad_output = Operand::input("grad_output", grad_output);
            if function.is_reduced() {
                check_argument("grad_output", grad_output.slice, 1)?;
                request
                    .broadcast
                    .push(grad_output.laid_out(Layout::Repeated));
            } else {
                request.rows.push(grad_output);
            }
        }
    }
    push_weight(&mut request, input.weight, shape.length, shape.inner);
    request.softcap = function.softcap;
    request.loss = Some((function, shape.length));
    Ok(request)
}

/// Adds the weights of classes, of which neighbours are so many elements apart.
fn push_weight<'a>(
    request: &mut AxisRequest<'a>,
    weight: Option<Slice<'a>>,
    classes: u64,
    inner: u64,
) {
    if let Some(weight) = weight {
        let weight = Operand::input("weight", weight).laid_out(Layout::Repeated);
        request.broadcast.push(weight);
        request.repeat = Repeat {
            period: classes,
            inner,
        };
    }
}

/// Refuses what is strided, is no word, or has another number of elements.
fn check_argument(argument: &'static str, slice: Slice<'_>, elements: u64) -> Result<(), Error> {
    slice.check_contiguous(argument)?;
    if slice.dtype != Dtype::F32 {
        let message = format!("the elements are {}, but must have 32 bits", slice.dtype);
        return Err(Error::argument(argument, message));
    }
    Error::check_length(argument, slice.elements(), elements)
}

//! Functions along an axis, in the low-level API.

use super::axis_input::{AxisGradients, AxisInput, AxisOutputs, AxisSaved, Mask};
use super::axis_request::{self, AxisRequest, check_takes};
use super::learned::Part;
use super::request::{Operand, check_overlaps, check_slices, unify_shapes};
use super::{Kernels, Operation, Slice};
use crate::Saved;
use crate::wgsl::Op;
use crate::{AxisFunction, AxisShape, Dtype, Error};

impl Kernels {
    /// Computes `output = f(x)` along an axis of x.
    ///
    /// x may be [strided](Slice::strided), and is read where it lies. The output has as many elements
    /// as x. Exceptions: logsumexp gives one for each row, maxout one for each group, crelu two for
    /// each element of x. Sums are added in an order that depends on the shape alone: each run gives
    /// the same bits. [`AxisInput`] says what may be done to x before, and [`AxisOutputs`] what there
    /// can be besides the output.
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
    /// - [`Error::Overlap`] if the output has bytes in common with another argument.
    /// - [`Error::Argument`] if the number of a slice's elements does not fit the shape, if the
    ///   function takes no mask or no groups of that size, if a slice is unaligned or passes its
    ///   buffer's end, or if a buffer lacks `STORAGE` usage.
    /// - [`Error::TooLarge`] if both halves of one row of crelu's output do not fit into a binding.
    /// - [`Error::Compile`] or [`Error::Wgpu`] if wgpu refuses a kernel or a binding.
    pub fn forward_axis<'a>(
        &self,
        function: AxisFunction,
        shape: AxisShape,
        inputs: impl Into<AxisInput<Slice<'a>>>,
        outputs: impl Into<AxisOutputs<Slice<'a>>>,
    ) -> Result<Operation, Error> {
        let input = inputs.into();
        let shared = [
            Some(("x", input.x)),
            input.mask.map(|mask| ("mask", mask.values)),
        ];
        let shared = shared
            .into_iter()
            .flatten()
            .chain(input.sink.map(|sink| ("sink", sink)));
        let mut shared: Vec<_> = shared
            .map(|(name, slice)| Operand::input(name, slice))
            .collect();
        unify_shapes(&mut shared)?;
        self.forward_axis_of_part(function, shape, input, None, outputs.into())
    }

    /// Computes [`Kernels::forward_axis`] of a part of a tensor. What is broadcast has the layout of
    /// the whole tensor.
    pub(crate) fn forward_axis_of_part<'a>(
        &self,
        function: AxisFunction,
        shape: AxisShape,
        input: AxisInput<Slice<'a>>,
        part: Option<Part>,
        outputs: AxisOutputs<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let elements = shape.elements().unwrap_or(u64::MAX);
        let part = part.unwrap_or(Part {
            first: 0,
            of: elements,
        });
        let (x, output) = (
            Operand::input("x", input.x),
            Operand::output("output", outputs.y),
        );
        let mut request = AxisRequest::new(function, Op::Forward, shape, x, output);
        let (mut repeat, most) = (None, self.elements_in_binding());
        if let Some(Mask { values, is_boolean }) = input.mask {
            check_takes(function, "mask")?;
            let mask = axis_request::mask(shape, values, part)?.joined(&mut repeat, part.of, most);
            let name = if is_boolean { "boolean_mask" } else { "mask" };
            request.broadcast.push(mask.named(name));
        }
        if let Some(values) = input.sink {
            check_takes(function, "sink")?;
            let sink = axis_request::sink(shape, values, part)?;
            request
                .broadcast
                .push(sink.joined(&mut repeat, part.of, most));
        }
        for (argument, slice) in [
            ("logsumexp", outputs.logsumexp),
            ("sink_output", outputs.sink),
        ] {
            if let Some(slice) = slice {
                check_takes(function, argument)?;
                request
                    .rows
                    .push(Operand::output(argument, slice).named(argument));
            }
        }
        if outputs.sink.is_some() && input.sink.is_none() {
            return Err(Error::argument("sink_output", "x has no sink"));
        }
        if let Some(causal) = input.causal {
            check_takes(function, "causal")?;
            request.causal = Some(causal.checked(shape, part)?);
        }
        if let Some(cap) = input.softcap {
            check_takes(function, "softcap")?;
            request.softcap = Some(checked_cap(cap)?);
        }
        if let Some(noise) = input.gumbel_noise {
            check_takes(function, "gumbel_noise")?;
            if noise.dropout != 0.0 || outputs.dropped.is_some() {
                return Err(Error::argument(
                    "gumbel_noise",
                    "there is no dropout beside it",
                ));
            }
            (request.has_noise, request.training) = (true, Some(noise));
        }
        if let Some((training, slice)) = outputs.dropped {
            check_takes(function, "dropped")?;
            request
                .elements
                .push(Operand::output("dropped", slice).named("dropped"));
            request.training = Some(training);
        }
        self.axis(&AxisRequest {
            first: part.first,
            repeat: repeat.unwrap_or_default(),
            empty_is_zero: input.empty_is_zero,
            ..request
        })
    }

    /// Computes the gradient with respect to x. `saved` is the output y of the forward pass for
    /// softmax, log_softmax, softmin, sparsemax and entmax15, and x for the others.
    /// [`AxisInfo::saved`](crate::AxisInfo::saved) tells them apart. y already includes masks and
    /// sinks. [`AxisSaved`] says what a softcap, a dropout and the gradient of a sink need besides,
    /// and [`AxisGradients`] has the latter's place.
    ///
    /// All may be [strided](Slice::strided) if they have the same elements.
    ///
    /// If a result needs the sum of its row, a NaN or an infinity in `grad_output` gives NaN in the
    /// whole row, also at an element whose y is 0.
    ///
    /// # Errors
    /// As [`Kernels::forward_axis`].
    pub fn backward_axis<'a>(
        &self,
        function: AxisFunction,
        shape: AxisShape,
        saved: impl Into<AxisSaved<Slice<'a>>>,
        grad_output: impl Into<Slice<'a>>,
        gradients: impl Into<AxisGradients<Slice<'a>>>,
    ) -> Result<Operation, Error> {
        let part = Part {
            first: 0,
            of: shape.elements().unwrap_or(u64::MAX),
        };
        let (saved, gradients) = (saved.into(), gradients.into());
        self.backward_axis_of_part(function, shape, saved, grad_output.into(), part, gradients)
    }

    /// Computes [`Kernels::backward_axis`] of a part of a tensor, whose first element has an index
    /// of its own in the sequence of random numbers.
    pub(crate) fn backward_axis_of_part<'a>(
        &self,
        function: AxisFunction,
        shape: AxisShape,
        saved: AxisSaved<Slice<'a>>,
        grad_output: Slice<'a>,
        part: Part,
        gradients: AxisGradients<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let x = Operand::input(saved_name(function), saved.saved);
        let output = Operand::gradient("grad_x", gradients.grad_x);
        let mut request = AxisRequest::new(function, Op::Backward, shape, x, output);
        let grad_output = Operand::input("grad_output", grad_output);
        // Where rows have as many results as elements, it is a tensor like x, and may be a view.
        let is_by_rows = request.reduces() && shape.of_output(function)? != shape;
        if is_by_rows {
            request.rows.push(grad_output);
        } else {
            request.elements.push(grad_output);
        }
        if let Some((cap, x)) = saved.softcap {
            if function == AxisFunction::Hardmax {
                let message = "the gradient of hardmax needs none, since it is 0";
                return Err(Error::argument("softcap", message));
            }
            check_takes(function, "softcap")?;
            request.softcap = Some(checked_cap(cap)?);
            request.elements.push(Operand::input("x", x).named("input"));
        }
        if let Some(training) = saved.dropout {
            check_takes(function, "dropout")?;
            request.training = Some(training);
        }
        match (saved.sink, gradients.grad_sink) {
            (Some(sink), Some(grad_sink)) => {
                check_takes(function, "sink")?;
                request.rows.push(Operand::input("sink_output", sink));
                request
                    .rows
                    .push(Operand::gradient("grad_sink", grad_sink).named("grad_sink"));
            }
            (None, Some(_)) => {
                return Err(Error::argument(
                    "grad_sink",
                    "it needs the result of the sink",
                ));
            }
            _ => {}
        }
        request.first = part.first;
        self.axis(&request)
    }

    /// Computes the gradients of [`Kernels::backward_axis`] with respect to x and to `grad_output`,
    /// for softmax, log_softmax and softmin. y is the output of the forward pass, and `tangent` the
    /// gradient with respect to the result of the backward pass.
    ///
    /// For softmax, with `t = y * (tangent - sum(y * tangent)) / temperature`, the gradients are
    /// `(t * (grad_output - sum(y * grad_output)) - y * sum(t * grad_output)) / temperature` and
    /// `t`. For log_softmax, with e^y for y in t, they are `-t * sum(grad_output) / temperature`
    /// and `(tangent - sum(e^y * tangent)) / temperature`. `grad_x` holds t between the dispatches.
    /// If `grad_x` is 16-bit or accumulates, a scratch buffer does.
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
        let grad_x = Operand::gradient("grad_x", grad_x.into());
        let grad_grad_output = Operand::gradient("grad_grad_output", grad_grad_output.into());
        let mut operands = [
            grad_x,
            grad_grad_output,
            Operand::input("y", y.into()),
            Operand::input("grad_output", grad_output.into()),
            Operand::input("tangent", tangent.into()),
        ];
        check_slices(&operands, true)?;
        check_overlaps(&operands)?;
        unify_shapes(&mut operands)?;
        let [.., y, grad_output, tangent] = operands;
        let request = |op, second: Operand<'a>, output| AxisRequest {
            elements: vec![second.named("grad_output")],
            ..AxisRequest::new(function, op, shape, y, output)
        };
        let steps = [
            request(Op::DoubleBackwardTangent, tangent, grad_x),
            request(Op::DoubleBackward, grad_output, grad_x),
        ];
        let mut operation = if grad_x.slice.dtype == Dtype::F32 && !grad_x.accumulates {
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

/// The number that caps logits.
fn checked_cap(cap: f32) -> Result<f32, Error> {
    if cap.is_normal() && cap > 0.0 {
        return Ok(cap);
    }
    let message = format!("it must be a positive number, got {cap:?}");
    Err(Error::argument("softcap", message))
}

/// The name of the tensor that the backward pass reads beside the gradient.
pub(crate) fn saved_name(function: AxisFunction) -> &'static str {
    match function.info().saved {
        Saved::Output => "y",
        _ => "x",
    }
}

//! Functions along an axis of tensors.

use std::iter::once;

use super::compute::{Output, array};
use super::tensor::wide;
use super::{Gpu, Tensor, View};
use crate::kernels::{
    AxisGradients, AxisInput, AxisOutputs, AxisSaved, Causal, Mask, Slice, StridedLayout,
    saved_name,
};
use crate::{AxisFunction, AxisShape, Dtype, Error, Expression, TrainingMode};

impl<'a, X: Into<View<'a>>> From<X> for AxisInput<View<'a>> {
    fn from(x: X) -> Self {
        Self::new(x.into())
    }
}

impl<'a, X: Into<View<'a>>, M: Into<View<'a>>> From<(X, M)> for AxisInput<View<'a>> {
    fn from((x, mask): (X, M)) -> Self {
        Self::new(x.into()).mask(mask.into())
    }
}

impl<'a> From<AxisInput<&'a Tensor>> for AxisInput<View<'a>> {
    fn from(input: AxisInput<&'a Tensor>) -> Self {
        input.map(Tensor::view)
    }
}

impl<'a, X: Into<View<'a>>> From<X> for AxisSaved<View<'a>> {
    fn from(saved: X) -> Self {
        Self::new(saved.into())
    }
}

impl<'a> From<AxisSaved<&'a Tensor>> for AxisSaved<View<'a>> {
    fn from(saved: AxisSaved<&'a Tensor>) -> Self {
        saved.map(Tensor::view)
    }
}

/// What [`Gpu::forward_axis_with`] computes in the same pass as the result.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AxisExtras {
    /// True for `log(sum(exp(x / temperature)))` of each row, over what counts and the sink.
    pub logsumexp: bool,
    /// True for what the function gives for the sink of each row. The gradient with respect to the
    /// sink needs it.
    pub sink: bool,
    /// The result after dropout, if set. The gradient needs both: the result itself, and the same
    /// `TrainingMode`.
    pub dropout: Option<TrainingMode>,
}

/// The results of [`Gpu::forward_axis_with`].
#[derive(Debug)]
#[non_exhaustive]
pub struct AxisResults {
    /// The result of the function.
    pub y: Tensor,
    /// For each row, as f32: the shape is that of x with 1 for the axis.
    pub logsumexp: Option<Tensor>,
    /// As `logsumexp`.
    pub sink: Option<Tensor>,
    /// The result after dropout.
    pub dropped: Option<Tensor>,
}

impl Gpu {
    /// Computes `f(x)` along an axis of x. A negative axis counts from the end. Pass `(&x, &mask)`
    /// in place of `&x` to add a mask to x. Both may be [views](View), which are read where they lie.
    ///
    /// The result has the dtype and the shape of x. Exceptions: logsumexp removes the axis, maxout
    /// divides its length by the size of the groups, crelu doubles it. A mask has any shape that
    /// broadcasts to that of x, as [`AxisInput::mask`] says. [`AxisInput`] has what else may be done to x: causal masks,
    /// sinks, softcaps, noise.
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
        inputs: impl Into<AxisInput<View<'a>>>,
    ) -> Result<Tensor, Error> {
        Ok(self
            .forward_axis_with(function, axis, inputs, AxisExtras::default())?
            .y)
    }

    /// Computes [`Gpu::forward_axis`], and in the same pass what else is asked for.
    ///
    /// ```
    /// use wgpu_activations::{AxisExtras, AxisFunction, AxisSaved, Gpu, TrainingMode};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let scores = gpu.upload(&[1.0; 8], [2, 4])?;
    /// let training = TrainingMode { seed: 7, offset: 0, dropout: 0.5 };
    /// let extras = AxisExtras { logsumexp: true, dropout: Some(training), ..AxisExtras::default() };
    /// let results = gpu.forward_axis_with(AxisFunction::SOFTMAX, -1, &scores, extras)?;
    ///
    /// // grad_output is the gradient with respect to the result after dropout.
    /// let saved = AxisSaved::new(&results.y).dropout(training);
    /// let grad_x = gpu.backward_axis(AxisFunction::SOFTMAX, -1, saved, &scores)?;
    ///
    /// let logsumexp = results.logsumexp.expect("was asked for");
    /// assert_eq!(logsumexp.shape(), [2, 1]);
    /// assert_eq!(gpu.read_blocking(&logsumexp)?, [2.3862944, 2.3862944]); // 1 + log(4)
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::forward_axis`], and [`Error::Argument`] if the function has no such extras, or if
    /// rows without elements are to have them.
    pub fn forward_axis_with<'a>(
        &self,
        function: AxisFunction,
        axis: isize,
        inputs: impl Into<AxisInput<View<'a>>>,
        extras: AxisExtras,
    ) -> Result<AxisResults, Error> {
        let input = inputs.into();
        let (x, of_rows) = (&input.x, row_shape(&input.x.shape, axis)?);
        let mut read = vec![("x", x.clone())];
        // What has x's shape is divided among buffers as x is.
        let mut laid_out = |name, view: Option<&View<'a>>, shape: &[usize]| {
            let Some(view) = view else { return Ok(None) };
            self.check_gpu(name, view.tensor)?;
            if view.shape == x.shape && shape == x.shape {
                read.push((name, view.clone()));
                return Ok(None);
            }
            broadcast(name, view, shape, x).map(Some)
        };
        self.check_gpu("x", x.tensor)?;
        let mask = laid_out(
            "mask",
            input.mask.as_ref().map(|mask| &mask.values),
            &x.shape,
        )?;
        let sink = laid_out("sink", input.sink.as_ref(), &of_rows)?;
        let rows = AxisShape::along(&x.shape, axis)?;
        let shape = output_shape(function, &x.shape, axis)?;
        let all = [
            ("output", &shape, x.dtype(), true),
            ("logsumexp", &of_rows, Dtype::F32, extras.logsumexp),
            ("sink_output", &of_rows, Dtype::F32, extras.sink),
            ("dropped", &shape, x.dtype(), extras.dropout.is_some()),
        ];
        let wanted = all.iter().filter(|(.., is_wanted)| *is_wanted);
        let outputs: Vec<_> = wanted
            .map(|&(name, shape, dtype, _)| (name, &**shape, dtype))
            .collect();
        let queries = queries(&x.shape, axis)?;
        let causal = input.causal.map(|causal| Causal {
            queries: causal.queries.or(Some(queries)),
            ..causal
        });
        let tensors = self.compute_all(&read, &outputs, &[], |part, read, written| {
            let (mut read, mut written) = (read.iter().copied(), written.iter().copied());
            let (x, y) = (next(&mut read, true), next(&mut written, true));
            let (Some(x), Some(y)) = (x, y) else {
                unreachable!("there are always two")
            };
            let whole_mask = next(&mut read, input.mask.is_some() && mask.is_none());
            let values = mask.or(whole_mask);
            let input = AxisInput {
                x,
                mask: input.mask.as_ref().zip(values).map(|(mask, values)| Mask {
                    values,
                    is_boolean: mask.is_boolean,
                }),
                sink: sink.or_else(|| next(&mut read, input.sink.is_some())),
                causal,
                softcap: input.softcap,
                gumbel_noise: input.gumbel_noise,
                empty_is_zero: input.empty_is_zero,
            };
            let outputs = AxisOutputs {
                y,
                logsumexp: next(&mut written, extras.logsumexp),
                sink: next(&mut written, extras.sink),
                dropped: extras
                    .dropout
                    .zip(next(&mut written, extras.dropout.is_some())),
            };
            let rows = part_of(rows, x)?;
            self.kernels
                .forward_axis_of_part(function, rows, input, Some(part), outputs)
        })?;
        let mut tensors = tensors.into_iter();
        let y = tensors.next();
        Ok(AxisResults {
            y: y.unwrap_or_else(|| unreachable!("there always is a result")),
            logsumexp: next(&mut tensors, extras.logsumexp),
            sink: next(&mut tensors, extras.sink),
            dropped: next(&mut tensors, extras.dropout.is_some()),
        })
    }

    /// Computes the gradient with respect to x, which has the shape of x. `saved` is the output y
    /// of the forward pass for softmax, log_softmax, softmin, sparsemax and entmax15, and x for the
    /// others. [`AxisInfo::saved`](crate::AxisInfo::saved) tells them apart. Both may be [views](View), but
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
        saved: impl Into<AxisSaved<View<'a>>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        let (saved, grad_output) = (saved.into(), grad_output.into());
        let new = self.backward_axis_into(function, axis, &saved, grad_output, [], &[])?;
        let [grad_x] = array(new);
        Ok(grad_x)
    }

    /// Computes [`Gpu::backward_axis`] and, in the same pass, the gradient with respect to the sink,
    /// which has the shape of the sink. `saved` has what the function gave for the sink.
    ///
    /// ```
    /// use wgpu_activations::{AxisExtras, AxisFunction, AxisInput, AxisSaved, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0, 1.0, 1.0, 1.0], [2, 2])?;
    /// let sink = gpu.upload(&[1.0], [1])?;
    /// let input = AxisInput::new(&x).sink(&sink);
    /// let extras = AxisExtras { sink: true, ..AxisExtras::default() };
    /// let results = gpu.forward_axis_with(AxisFunction::SOFTMAX, -1, input, extras)?;
    ///
    /// let grad_output = gpu.upload(&[3.0, 0.0, 3.0, 0.0], [2, 2])?;
    /// let of_sink = results.sink.expect("was asked for");
    /// let saved = AxisSaved::new(&results.y).sink(&of_sink);
    /// let [grad_x, grad_sink] =
    ///     gpu.backward_axis_with_sink(AxisFunction::SOFTMAX, -1, saved, &grad_output, &sink)?;
    /// assert_eq!(grad_sink.shape(), [1]);
    /// # assert!((gpu.read_blocking(&grad_sink)?[0] + 2.0 / 3.0).abs() < 1e-6);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::backward_axis`], and [`Error::Argument`] if `saved` has no result of a sink.
    pub fn backward_axis_with_sink<'a>(
        &self,
        function: AxisFunction,
        axis: isize,
        saved: impl Into<AxisSaved<View<'a>>>,
        grad_output: impl Into<View<'a>>,
        sink: &Tensor,
    ) -> Result<[Tensor; 2], Error> {
        let (saved, grad_output) = (saved.into(), grad_output.into());
        self.backward_axis_with_sink_into(function, axis, &saved, grad_output, sink, &[])
    }

    pub(super) fn backward_axis_with_sink_into<const N: usize>(
        &self,
        function: AxisFunction,
        axis: isize,
        saved: &AxisSaved<View<'_>>,
        grad_output: View<'_>,
        sink: &Tensor,
        into: &[&Tensor],
    ) -> Result<[Tensor; N], Error> {
        self.check_gpu("sink", sink)?;
        let of_rows = row_shape(&saved.saved.shape, axis)?;
        check_broadcast("sink", sink.shape(), &of_rows, &saved.saved.shape)?;
        let outputs = [("grad_sink", &*of_rows, Dtype::F32)];
        if sink.shape() == of_rows && sink.dtype() == Dtype::F32 {
            let new = self.backward_axis_into(function, axis, saved, grad_output, outputs, into);
            return new.map(array);
        }
        let x = &saved.saved;
        let summed = ("grad_sink", sink.shape(), Dtype::F32);
        self.check_into(&[("grad_x", x.shape(), x.dtype()), summed], into)?;
        let (of_x, of_sink) = into.split_at(into.len().min(1));
        let mut new = self.backward_axis_into(function, axis, saved, grad_output, outputs, of_x)?;
        // The gradient of what is broadcast is a sum, as that of a term in any expression.
        let terms = Expression::operand("row") + Expression::operand("sink");
        if let Some(rows) = new.pop() {
            let operands = [("row", &rows), ("sink", sink)];
            new.extend(self.gradients_into(&terms, operands, &rows, ["sink"], of_sink)?);
        }
        Ok(array(new))
    }

    /// Computes the gradient with respect to x, and those of rows if `of_rows` has one.
    pub(super) fn backward_axis_into<const R: usize>(
        &self,
        function: AxisFunction,
        axis: isize,
        saved: &AxisSaved<View<'_>>,
        grad_output: View<'_>,
        of_rows: [Output<'_>; R],
        into: &[&Tensor],
    ) -> Result<Vec<Tensor>, Error> {
        let AxisSaved {
            saved: x,
            softcap,
            sink,
            dropout,
        } = saved;
        let name = saved_name(function);
        let rows = AxisShape::along(&x.shape, axis)?;
        let shape = output_shape(function, &x.shape, axis)?;
        self.check_gpu_and_shape("grad_output", &grad_output, &shape)?;
        let mut read = vec![(name, x.clone()), ("grad_output", grad_output)];
        if let Some((_, of_cap)) = softcap {
            self.check_gpu_and_shape("x", of_cap, &x.shape)?;
            read.push(("x", of_cap.clone()));
        }
        if let Some(sink) = sink {
            self.check_gpu_and_shape("sink_output", sink, &row_shape(&x.shape, axis)?)?;
            read.push(("sink_output", sink.clone()));
        }
        let outputs: Vec<_> = once(("grad_x", x.shape(), x.dtype()))
            .chain(of_rows)
            .collect();
        self.compute_all(&read, &outputs, into, |part, read, written| {
            let mut others = read[2..].iter().copied();
            let saved = AxisSaved {
                saved: read[0],
                softcap: softcap
                    .as_ref()
                    .and_then(|(cap, _)| Some((*cap, others.next()?))),
                sink: next(&mut others, sink.is_some()),
                dropout: *dropout,
            };
            let gradients = AxisGradients {
                grad_x: written[0],
                grad_sink: written.get(1).copied(),
            };
            let rows = part_of(rows, read[0])?;
            self.kernels
                .backward_axis_of_part(function, rows, saved, read[1], part, gradients)
        })
    }

    /// Computes the gradients of [`Gpu::backward_axis`] with respect to x and to `grad_output`, for
    /// softmax, log_softmax and softmin. y is the output of the forward pass, and `tangent` the
    /// gradient with respect to the result of the backward pass.
    ///
    /// y has all that is needed of masks and sinks. Dropout is linear: what it makes of
    /// `grad_output` takes that one's place, and the gradient with respect to `grad_output` passes
    /// through it, too.
    ///
    /// ```
    /// use wgpu_activations::{Activation, AxisExtras, AxisFunction, Gpu, TrainingMode};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let softmax = AxisFunction::SOFTMAX;
    /// let training = TrainingMode { seed: 7, offset: 0, dropout: 0.5 };
    /// let x = gpu.upload(&[1.0, 2.0, 3.0, 4.0], [1, 4])?;
    /// let extras = AxisExtras { dropout: Some(training), ..AxisExtras::default() };
    /// let y = gpu.forward_axis_with(softmax, -1, &x, extras)?.y;
    ///
    /// let (grad_output, tangent) = (&x, &y);
    /// let drop = |grad| gpu.backward_training(Activation::Identity, training, &y, grad);
    /// let [grad_x, of_dropped] =
    ///     gpu.double_backward_axis(softmax, -1, &y, &drop(grad_output)?, tangent)?;
    /// let grad_grad_output = drop(&of_dropped)?;
    /// # assert_eq!([grad_x.shape(), grad_grad_output.shape()], [[1, 4], [1, 4]]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A softcap c multiplies the gradient by c'(x). So the tangent is `c'(x) * tangent`, the gradient
    /// with respect to x is `c'(x) * grad_x + c''(x) * tangent * g`, where g is the gradient without
    /// the cap, and that with respect to `grad_output` stays. [`Gpu::evaluate`] computes these of
    /// `tanh(x / cap)`.
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
        let (grad_output, tangent) = (grad_output.into(), tangent.into());
        self.double_backward_axis_into(function, axis, y.into(), grad_output, tangent, &[])
    }

    pub(super) fn double_backward_axis_into<const N: usize>(
        &self,
        function: AxisFunction,
        axis: isize,
        y: View<'_>,
        grad_output: View<'_>,
        tangent: View<'_>,
        into: &[&Tensor],
    ) -> Result<[Tensor; N], Error> {
        let outputs = ["grad_x", "grad_grad_output"].map(|name| (name, y.shape(), y.dtype()));
        self.compute(
            ("y", &y),
            [("grad_output", grad_output), ("tangent", tangent)],
            &[],
            &y.shape,
            outputs,
            into,
            |_, part, [dy, tangent], _, [dx, ddy]| {
                let rows = part_of(AxisShape::along(&y.shape, axis)?, part)?;
                self.kernels
                    .double_backward_axis(function, rows, part, dy, tangent, dx, ddy)
            },
        )
    }
}

/// Returns the slice of a view that broadcasts to a shape, which broadcasts to that of x.
fn broadcast<'a>(
    name: &str,
    view: &View<'a>,
    shape: &[usize],
    x: &View<'_>,
) -> Result<Slice<'a>, Error> {
    check_broadcast(name, &view.shape, shape, &x.shape)?;
    let refused = || Error::broadcast(name, &view.shape, &x.shape, "");
    if !view.is_whole() {
        let view = view.broadcast_to(&x.shape).map_err(|_| refused())?;
        return Ok(view.slice());
    }
    let layout = StridedLayout::broadcast(&wide(&view.shape), &wide(&x.shape))?;
    Ok(Slice {
        layout: Some(layout.ok_or_else(refused)?),
        ..view.tensor.slice()?
    })
}

/// Refuses a shape that does not broadcast to that of x, or to that of its rows.
fn check_broadcast(name: &str, shape: &[usize], to: &[usize], of_x: &[usize]) -> Result<(), Error> {
    let or = match to == of_x {
        true => "",
        false => " with 1 for the axis",
    };
    match StridedLayout::broadcast(&wide(shape), &wide(to))? {
        Some(_) => Ok(()),
        None => Err(Error::broadcast(name, shape, to, or)),
    }
}

/// The next one, if there is to be one.
pub(super) fn next<T>(items: &mut impl Iterator<Item = T>, is_wanted: bool) -> Option<T> {
    is_wanted.then(|| items.next()).flatten()
}

/// The shape of what x has once for each row: that of x, with 1 for the axis.
fn row_shape(shape: &[usize], axis: isize) -> Result<Vec<usize>, Error> {
    let mut rows = shape.to_vec();
    let position = crate::axis::position(axis, shape.len().max(1))?;
    if let Some(size) = rows.get_mut(position) {
        *size = 1;
    }
    Ok(rows)
}

/// The size of the last of the other axes.
fn queries(shape: &[usize], axis: isize) -> Result<u64, Error> {
    let position = crate::axis::position(axis, shape.len().max(1))?;
    let others = shape.iter().enumerate().rev();
    let last = others.into_iter().find(|(other, _)| *other != position);
    Ok(last.map_or(1, |(_, &size)| size as u64))
}

/// Returns the rows of a part of x. A row cannot be divided.
pub(super) fn part_of(rows: AxisShape, x: Slice<'_>) -> Result<AxisShape, Error> {
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

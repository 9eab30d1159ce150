//! The one way from tensors to results: check, allocate, divide among buffers, record.

use std::array::from_fn;
use std::iter::once;
use std::sync::Arc;

use super::tensor::{Buffers, bytes, cut, elements, product};
use super::{Gpu, Tensor, View};
use crate::kernels::{Operation, Part, Slice};
use crate::{Dtype, Error};

/// The name of a result, its shape, and its type.
pub(super) type Output<'a> = (&'a str, &'a [usize], Dtype);

impl Gpu {
    /// As [`Gpu::compute_all`], from x and from other tensors, which must have the given shape.
    ///
    /// `operation` gets the part of x, its slice, those of the other inputs, those of `whole`, which
    /// have the shape of x, and those of the outputs.
    #[expect(clippy::too_many_arguments, reason = "each is another part of a call")]
    pub(super) fn compute<const I: usize, const O: usize, const N: usize>(
        &self,
        x: (&'static str, &View<'_>),
        others: [(&'static str, View<'_>); I],
        whole: &[(&str, View<'_>)],
        shape: &[usize],
        outputs: [Output<'_>; O],
        into: &[&Tensor],
        operation: impl Fn(
            Part,
            Slice<'_>,
            [Slice<'_>; I],
            &[Slice<'_>],
            [Slice<'_>; O],
        ) -> Result<Operation, Error>,
    ) -> Result<[Tensor; N], Error> {
        for (name, view) in &others {
            self.check_gpu_and_shape(name, view, shape)?;
        }
        let inputs: Vec<_> = once((x.0, x.1.clone()))
            .chain(others)
            .chain(whole.iter().cloned())
            .collect();
        let new = self.compute_all(&inputs, &outputs, into, |part, inputs, outputs| {
            let (others, written) = (from_fn(|k| inputs[1 + k]), from_fn(|k| outputs[k]));
            operation(part, inputs[0], others, &inputs[1 + I..], written)
        });
        new.map(array)
    }

    /// Computes tensors from others, the first of which is x. The first results are added to the
    /// tensors of `into`. For each other result, a new tensor is returned.
    ///
    /// A tensor can lie in several buffers, but an operation takes slices of one buffer each. So
    /// `operation` is called for each part that lies in one buffer. It gets the part of x, and the
    /// slices of the inputs and of the outputs.
    pub(super) fn compute_all(
        &self,
        inputs: &[(&str, View<'_>)],
        outputs: &[Output<'_>],
        into: &[&Tensor],
        operation: impl Fn(Part, &[Slice<'_>], &[Slice<'_>]) -> Result<Operation, Error>,
    ) -> Result<Vec<Tensor>, Error> {
        for (name, view) in inputs {
            self.check_gpu(name, view.tensor)?;
        }
        let tensors = self.outputs(outputs, into)?;
        let written: Vec<_> = all(into, &tensors).map(Tensor::view).collect();
        let written = outputs.iter().map(|output| output.0).zip(&written);
        let views = inputs.iter().map(|(name, view)| (*name, view));
        for (part, mut slices) in parts(&views.chain(written).collect::<Vec<_>>())? {
            let (read, written) = slices.split_at_mut(inputs.len());
            for (slice, _) in written.iter_mut().zip(into) {
                *slice = slice.accumulate();
            }
            self.record(&operation(part, read, written)?)?;
        }
        Ok(tensors)
    }

    /// New tensors for the results that are not added to those of `into`, which are checked.
    pub(super) fn outputs(
        &self,
        outputs: &[Output<'_>],
        into: &[&Tensor],
    ) -> Result<Vec<Tensor>, Error> {
        self.check_into(outputs, into)?;
        let new = outputs.iter().skip(into.len());
        new.map(|(_, shape, dtype)| self.empty(shape, *dtype))
            .collect()
    }

    /// Refuses tensors to which the first results cannot be added.
    pub(super) fn check_into(&self, outputs: &[Output<'_>], into: &[&Tensor]) -> Result<(), Error> {
        for (&(name, shape, dtype), tensor) in outputs.iter().zip(into) {
            self.check_gpu_and_shape(name, &tensor.view(), shape)?;
            let message = if ![dtype, Dtype::F32].contains(&tensor.dtype) {
                let allowed = match dtype {
                    Dtype::F32 => dtype.to_string(),
                    _ => format!("{dtype} or f32"),
                };
                format!("the elements are {}, but must be {allowed}", tensor.dtype)
            } else if Arc::strong_count(&tensor.buffers) > 1 {
                "the tensor shares its memory with another one, such as the grad_output that it \
                 is, which would change, too: to_dtype makes a copy"
                    .to_owned()
            } else {
                continue;
            };
            return Err(Error::argument(name, message));
        }
        Ok(())
    }

    /// A tensor whose elements are not set.
    pub(super) fn empty(&self, shape: &[usize], dtype: Dtype) -> Result<Tensor, Error> {
        let mut tensor = self.unallocated(shape, dtype);
        self.allocate(&mut tensor)?;
        Ok(tensor)
    }

    fn unallocated(&self, shape: &[usize], dtype: Dtype) -> Tensor {
        Tensor {
            buffers: Arc::new(Buffers::new(&self.tensors)),
            cut: cut(shape, self.device.limits().max_buffer_size),
            shape: shape.to_vec(),
            dtype,
        }
    }

    fn allocate(&self, tensor: &mut Tensor) -> Result<(), Error> {
        let elements = elements(&tensor.shape)?;
        let mut buffers = Buffers::new(&self.tensors);
        for start in (0..elements.max(1)).step_by(tensor.cut) {
            let elements = elements.saturating_sub(start).min(tensor.cut);
            buffers.push(self.take(&self.tensors, bytes(elements, tensor.dtype))?);
        }
        tensor.buffers = Arc::new(buffers);
        Ok(())
    }

    /// Refuses a tensor of another `Gpu`.
    pub(super) fn check_gpu(&self, argument: &str, tensor: &Tensor) -> Result<(), Error> {
        if Arc::ptr_eq(&tensor.buffers.memory, &self.tensors) {
            return Ok(());
        }
        let message = "the tensor was made by another Gpu";
        Err(Error::argument(argument.to_owned(), message))
    }

    /// Refuses a tensor of another `Gpu` or of another shape.
    pub(super) fn check_gpu_and_shape(
        &self,
        argument: &str,
        view: &View<'_>,
        shape: &[usize],
    ) -> Result<(), Error> {
        self.check_gpu(argument, view.tensor)?;
        if view.shape == shape {
            return Ok(());
        }
        Err(Error::shape(argument, &view.shape, shape))
    }
}

/// The tensors of all results: those to which results are added, and the new ones.
pub(super) fn all<'a>(into: &[&'a Tensor], new: &'a [Tensor]) -> impl Iterator<Item = &'a Tensor> {
    into.iter().copied().chain(new)
}

/// The new tensors, of which there is one for each result that is not added to another.
pub(super) fn array<const N: usize>(tensors: Vec<Tensor>) -> [Tensor; N] {
    let tensors = tensors.try_into();
    tensors.unwrap_or_else(|_| unreachable!("there is one for each output"))
}

/// Divides tensors among their buffers. Each part is one of the first tensor, with a slice of each
/// tensor.
///
/// Tensors of one shape can be divided anywhere. Others are divided only between positions of
/// their first dimension, which they must share.
pub(super) fn parts<'a>(views: &[(&str, &View<'a>)]) -> Result<Vec<(Part, Vec<Slice<'a>>)>, Error> {
    let of = product(&views[0].1.shape) as u64;
    let divided = views.iter().find(|(_, view)| view.tensor.buffers.len() > 1);
    let Some((argument, divided)) = divided else {
        let slices = views.iter().map(|(_, view)| view.slice());
        return Ok(vec![(Part { first: 0, of }, slices.collect())]);
    };
    let shape = &views[0].1.shape;
    let is_one_shape = views.iter().all(|(_, view)| view.shape == *shape);
    let steps = if is_one_shape {
        product(shape)
    } else {
        shape.first().copied().unwrap_or(1)
    };
    // The elements of each tensor in a step, and the steps in each of its buffers.
    let mut cuts = Vec::new();
    for (_, view) in views {
        let unit = product(&view.shape) / steps.max(1);
        let is_cut_between = unit > 0 && view.tensor.cut.is_multiple_of(unit);
        let is_shared = is_one_shape || view.shape.first() == shape.first();
        if !view.is_whole() || !is_cut_between || !is_shared {
            return Err(Error::several_buffers(
                argument,
                divided.tensor.buffers.len(),
            ));
        }
        cuts.push((unit, view.tensor.cut / unit));
    }
    let (mut parts, mut start) = (Vec::new(), 0);
    while start < steps {
        let ends = cuts.iter().map(|(_, cut)| (start / cut + 1) * cut);
        let end = ends.fold(steps, usize::min);
        let slices = views.iter().zip(&cuts);
        let slices =
            slices.map(|((_, view), (unit, _))| view.tensor.part(start * unit..end * unit));
        let first = (start * cuts[0].0) as u64;
        parts.push((Part { first, of }, slices.collect()));
        start = end;
    }
    Ok(parts)
}

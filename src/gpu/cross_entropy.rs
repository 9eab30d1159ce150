//! The cross-entropy of logits and classes, of tensors.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::axis::{next, part_of};
use super::compute::array;
use super::{Gpu, Tensor, View};
use crate::kernels::LossInput;
use crate::{AxisShape, CrossEntropy, Dtype, Error, LossReduction};

/// Target classes on a device, from [`Gpu::upload_targets`].
#[derive(Debug)]
pub struct Targets {
    /// The classes, as words.
    tensor: Tensor,
    /// All classes that occur, so that a loss can refuse those that do not exist.
    classes: BTreeSet<i32>,
}

impl Targets {
    /// The size of each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.tensor.shape()
    }
}

impl<'a> From<LossInput<&'a Tensor, &'a Targets>> for LossInput<View<'a>, &'a Targets> {
    fn from(input: LossInput<&'a Tensor, &'a Targets>) -> Self {
        Self {
            logits: input.logits.view(),
            targets: input.targets,
            weight: input.weight.map(Tensor::view),
            grad_output: input.grad_output.map(Tensor::view),
        }
    }
}

impl Gpu {
    /// Uploads the class of each row of logits: whole numbers of any type.
    ///
    /// # Errors
    /// - [`Error::Argument`] if the number of classes does not fit the shape, or if one does not fit
    ///   an i32.
    /// - [`Error::OutOfMemory`] if there is no memory for them.
    pub fn upload_targets<T: Copy + Display + TryInto<i32>>(
        &self,
        targets: &[T],
        shape: impl AsRef<[usize]>,
    ) -> Result<Targets, Error> {
        let to_word = |&target: &T| {
            let refused = || Error::argument("targets", format!("there is no class {target}"));
            target.try_into().map_err(|_| refused())
        };
        let words = targets
            .iter()
            .map(to_word)
            .collect::<Result<Vec<i32>, _>>()?;
        Ok(Targets {
            // Only kernels that know better read them.
            tensor: self.upload::<f32>(bytemuck::cast_slice(&words), shape)?,
            classes: words.into_iter().collect(),
        })
    }

    /// Computes the [`CrossEntropy`] of logits, whose classes lie along an axis; PyTorch has them
    /// along axis 1. Targets have the shape of the logits without that axis. The loss is f32, and has
    /// no dimensions, or the shape of the targets if nothing is reduced.
    ///
    /// ```
    /// use wgpu_activations::{CrossEntropy, Gpu, LossInput};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let logits = gpu.upload(&[0.0, 0.0, 3.0, 3.0], [2, 2])?;
    /// let targets = gpu.upload_targets(&[0, 1], [2])?;
    /// let input = LossInput::new(&logits, &targets);
    /// let [loss, grad_logits] =
    ///     gpu.cross_entropy_with_gradient(CrossEntropy::default(), -1, input)?;
    /// let [loss, grad_logits] = gpu.read_blocking([&loss, &grad_logits])?;
    /// assert_eq!(loss, [0.6931472]); // log(2)
    /// assert_eq!(grad_logits, [-0.25, 0.25, 0.25, -0.25]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::Parameter`] if an option is out of its range.
    /// - [`Error::Argument`] if there is no such axis, or no such class, if a shape does not fit, if
    ///   there are no rows or no classes, if the logits lie in several buffers and all rows have one
    ///   loss, or if a tensor belongs to another `Gpu`.
    /// - [`Error::OutOfMemory`] if there is no memory for the result.
    pub fn cross_entropy<'a>(
        &self,
        function: CrossEntropy,
        axis: isize,
        input: impl Into<LossInput<View<'a>, &'a Targets>>,
    ) -> Result<Tensor, Error> {
        let [loss] = self.loss::<1, 1>(function, axis, &input.into(), &[])?;
        Ok(loss)
    }

    /// Computes [`Gpu::cross_entropy`] and, in the same pass, its gradient with respect to the logits,
    /// which has their shape and type.
    ///
    /// [`Kernels::cross_entropy_in_place`](crate::Kernels::cross_entropy_in_place) overwrites the
    /// logits by it.
    ///
    /// # Errors
    /// As [`Gpu::cross_entropy`].
    pub fn cross_entropy_with_gradient<'a>(
        &self,
        function: CrossEntropy,
        axis: isize,
        input: impl Into<LossInput<View<'a>, &'a Targets>>,
    ) -> Result<[Tensor; 2], Error> {
        let [grad_logits, loss] = self.loss::<2, 2>(function, axis, &input.into(), &[])?;
        Ok([loss, grad_logits])
    }

    /// The loss, and if there are two results, the gradient, which comes first.
    pub(super) fn loss<const O: usize, const N: usize>(
        &self,
        function: CrossEntropy,
        axis: isize,
        input: &LossInput<View<'_>, &Targets>,
        into: &[&Tensor],
    ) -> Result<[Tensor; N], Error> {
        let logits = &input.logits;
        let rows = AxisShape::along(&logits.shape, axis)?;
        let mut shape = logits.shape.clone();
        if !shape.is_empty() {
            shape.remove(crate::axis::position(axis, shape.len())?);
        }
        self.check_gpu_and_shape("targets", &input.targets.tensor.view(), &shape)?;
        function.check_targets(&input.targets.classes, rows.length)?;
        let shape_of_loss = match function.reduction {
            LossReduction::None => &shape[..],
            _ => &[],
        };
        let mut read = vec![
            ("logits", logits.clone()),
            ("targets", input.targets.tensor.view()),
        ];
        if let Some(weight) = &input.weight {
            let classes = [rows.length as usize];
            self.check_gpu_and_shape("weight", weight, &classes)?;
            read.push(("weight", weight.clone()));
        }
        if let Some(grad_output) = &input.grad_output {
            self.check_gpu_and_shape("grad_output", grad_output, shape_of_loss)?;
            read.push(("grad_output", grad_output.clone()));
        }
        let all = [
            ("grad_logits", &*logits.shape, logits.dtype()),
            ("loss", shape_of_loss, Dtype::F32),
        ];
        let new = self.compute_all(&read, &all[2 - O..], into, |_, read, written| {
            let mut others = read[2..].iter().copied();
            let of_part = LossInput {
                logits: read[0],
                targets: read[1],
                weight: next(&mut others, input.weight.is_some()),
                grad_output: next(&mut others, input.grad_output.is_some()),
            };
            let rows = part_of(rows, read[0])?;
            match written {
                [grad, loss] => self
                    .kernels
                    .cross_entropy_with_gradient(function, rows, of_part, *loss, *grad),
                _ => self
                    .kernels
                    .cross_entropy(function, rows, of_part, written[0]),
            }
        });
        new.map(array)
    }
}

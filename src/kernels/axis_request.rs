//! Requests of functions along an axis, and the checks that need no wgpu.

use std::ops::Range;

use super::Slice;
use super::chunks::ranges;
use super::rate::rate;
use super::request::{Operand, check_buffers, check_slices};
use super::uniforms::Uniforms;
use crate::wgsl::Op;
use crate::{AxisFunction, AxisShape, Error};

/// A function along an axis, an op, and the operands.
#[derive(Clone, Copy, Debug)]
pub(super) struct AxisRequest<'a> {
    pub(super) function: AxisFunction,
    pub(super) op: Op,
    pub(super) shape: AxisShape,
    /// x, or the output of the forward pass.
    pub(super) x: Operand<'a>,
    /// The mask of a forward pass, the gradient of a backward pass.
    pub(super) second: Option<Operand<'a>>,
    pub(super) output: Operand<'a>,
    pub(super) empty_is_zero: bool,
}

impl<'a> AxisRequest<'a> {
    /// Checks the request, and returns the rows that kernels see: for maxout they are its groups.
    pub(super) fn check(&self) -> Result<AxisShape, Error> {
        self.function.checked()?;
        let of_output = self.shape.of_output(self.function)?;
        // More elements than any buffer has are refused by their number.
        let [of_x, of_output] =
            [self.shape, of_output].map(|shape| shape.elements().unwrap_or(u64::MAX));
        let is_forward = self.op == Op::Forward;
        let check = |operand: &Operand<'_>, expected| {
            check_slices(&[*operand], false)?;
            Error::check_length(operand.argument, operand.slice.elements(), expected)
        };
        check(&self.x, of_x)?;
        match &self.second {
            Some(mask) if is_forward => self.check_mask(mask, of_x)?,
            Some(grad_output) => check(grad_output, of_output)?,
            None => {}
        }
        check(&self.output, if is_forward { of_output } else { of_x })?;
        let operands: Vec<_> = [self.output, self.x]
            .into_iter()
            .chain(self.second)
            .collect();
        check_buffers(&operands)?;
        let AxisShape {
            outer,
            length,
            inner,
        } = self.shape;
        Ok(match self.function {
            AxisFunction::Maxout { groups } => {
                let groups = u64::from(groups);
                AxisShape::new(outer.saturating_mul(length / groups), groups, inner)
            }
            _ => self.shape,
        })
    }

    fn check_mask(&self, mask: &Operand<'_>, of_x: u64) -> Result<(), Error> {
        check_slices(&[*mask], false)?;
        let takes_mask = matches!(
            self.function,
            AxisFunction::Softmax { .. }
                | AxisFunction::LogSoftmax { .. }
                | AxisFunction::Softmin { .. }
        );
        if !takes_mask {
            let message = format!("{} takes no mask", self.function.info().name);
            return Err(Error::argument("mask", message));
        }
        let (actual, slab) = (
            mask.slice.elements(),
            self.shape.length.saturating_mul(self.shape.inner),
        );
        let is_empty = of_x == 0 && actual == 0;
        let repeats =
            actual > 0 && slab > 0 && of_x.is_multiple_of(actual) && actual.is_multiple_of(slab);
        if is_empty || repeats {
            return Ok(());
        }
        let message = format!(
            "there are {actual} elements, but there must be {of_x}, or as many as a part of its leading dimensions has"
        );
        Err(Error::argument("mask", message))
    }

    /// The same request for some slabs, with another output.
    pub(super) fn of_slabs(&self, slabs: &Range<u64>, output: Slice<'a>) -> Self {
        let slab = self.shape.length * self.shape.inner;
        let range = slabs.start * slab..slabs.end * slab;
        Self {
            shape: AxisShape {
                outer: slabs.end - slabs.start,
                ..self.shape
            },
            x: self.x.part(&range),
            second: self.second.map(|second| second.part(&range)),
            output: Operand {
                slice: output,
                ..self.output
            },
            ..*self
        }
    }

    fn mask(&self) -> Option<Operand<'a>> {
        self.second.filter(|_| self.op == Op::Forward)
    }

    /// All slabs of so many elements each. If the mask is too large to be bound as a whole, one
    /// turn through the mask after the other.
    pub(super) fn slabs(
        &self,
        outer: u64,
        slab: u64,
        most: u64,
    ) -> impl Iterator<Item = Range<u64>> {
        let mask = self.mask().map_or(0, |mask| mask.slice.elements());
        ranges(0..outer, if mask > most { mask / slab } else { outer })
    }

    /// True if the function gives one result for each row, and not for each element.
    pub(super) fn reduces(&self) -> bool {
        matches!(
            self.function,
            AxisFunction::Logsumexp | AxisFunction::Maxout { .. }
        )
    }

    /// The uniforms of all dispatches.
    pub(super) fn uniforms(&self) -> Uniforms {
        let negated = matches!(self.function, AxisFunction::Softmin { .. });
        let sign = if negated { -1.0 } else { 1.0 };
        let mask = self
            .second
            .map_or(1, |second| second.slice.elements().max(1));
        Uniforms {
            negate: u32::from(negated) << 31,
            empty_is_zero: self.empty_is_zero.into(),
            mask_period: mask as u32,
            rate: rate(self.function.temperature(), sign),
            ..Uniforms::default()
        }
    }
}

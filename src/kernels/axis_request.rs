//! Requests of functions along an axis, and the checks that need no wgpu.

use std::ops::Range;

use super::Slice;
use super::dimensions::Dimensions;
use super::learned::Part;
use super::rate::rate;
use super::request::{Operand, Repeatable, check_buffers, check_slices, unify_shapes};
use super::strided::Repeat;
use super::uniforms::{Divisor, Uniforms};
use crate::wgsl::Op;
use crate::wgsl::operand::Layout;
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
    /// The index of the first element of x in the tensor that what is strided is laid out for.
    pub(super) first: u64,
    /// The pattern in which the mask is repeated.
    pub(super) repeat: Repeat,
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
        let check = |operand: &Operand<'_>, expected, reads_views| {
            check_slices(&[*operand], reads_views)?;
            Error::check_length(operand.argument, operand.slice.elements(), expected)
        };
        check(&self.x, of_x, true)?;
        if let Some(grad_output) = self.second.filter(|_| !is_forward) {
            // A kernel goes through all views in one order: that of the elements of x.
            check(&grad_output, of_output, of_output == of_x)?;
        }
        check(
            &self.output,
            if is_forward { of_output } else { of_x },
            false,
        )?;
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

    /// The same request, of which no view is contiguous. Refuses views that a kernel cannot go
    /// through in one order.
    pub(super) fn unified(mut self) -> Result<Self, Error> {
        let mut operands = vec![self.x];
        // A mask is laid out already, and what is read once for each row is no view.
        let is_by_elements = self.op != Op::Forward && !self.reduces();
        operands.extend(self.second.filter(|_| is_by_elements));
        unify_shapes(&mut operands)?;
        self.x = operands[0];
        if is_by_elements {
            self.second = operands.get(1).copied();
        }
        Ok(self)
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
            first: self.first + range.start,
            ..*self
        }
    }

    /// So many slabs or columns in ranges: so many at once, or as many as a binding takes of what
    /// is strided. Each has so many elements.
    pub(super) fn ranges(
        &self,
        count: u64,
        elements: u64,
        at_once: u64,
        most: u64,
    ) -> impl Iterator<Item = Range<u64>> {
        let second = self.second.and_then(|second| second.slice.layout);
        let layouts = [self.x.slice.layout, second];
        let strided = layouts.iter().any(Option::is_some);
        let strided = strided.then(|| Dimensions::of(&layouts)).flatten();
        let first = self.first;
        let next = move |before: &Range<u64>| {
            let start = before.end;
            let end = count.min(start + at_once);
            let cut = |strided: &Dimensions| {
                let all = first + start * elements..first + end * elements;
                ((strided.cut(&all, most) - first) / elements).max(start + 1)
            };
            (start < count).then(|| start..strided.as_ref().map_or(end, cut))
        };
        std::iter::successors(next(&(0..0)), next)
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
        Uniforms {
            inner: Divisor::new(self.repeat.inner as u32),
            period: Divisor::new(self.repeat.period as u32),
            negate: u32::from(negated) << 31,
            empty_is_zero: self.empty_is_zero.into(),
            rate: rate(self.function.temperature(), sign),
            ..Uniforms::default()
        }
    }
}

/// The mask of a part of x, checked.
pub(super) fn mask<'a>(
    function: AxisFunction,
    shape: AxisShape,
    values: Slice<'a>,
    part: Part,
) -> Result<Repeatable<'a>, Error> {
    let takes_mask = matches!(
        function,
        AxisFunction::Softmax { .. }
            | AxisFunction::LogSoftmax { .. }
            | AxisFunction::Softmin { .. }
    );
    if !takes_mask {
        let message = format!("{} takes no mask", function.info().name);
        return Err(Error::argument("mask", message));
    }
    values.check("mask")?;
    let mask = Operand::input("mask", values);
    let (actual, of_x) = (values.elements(), shape.elements().unwrap_or(u64::MAX));
    if values.layout.is_some() {
        Error::check_length("mask", actual, part.of)?;
        return Ok(Repeatable::laid_out(mask));
    }
    if actual == of_x {
        return Ok(Repeatable::laid_out(mask));
    }
    let slab = shape.length.saturating_mul(shape.inner);
    if actual > 0 && slab > 0 && of_x.is_multiple_of(actual) && actual.is_multiple_of(slab) {
        let (period, inner) = (actual, 1);
        return Ok(Repeatable {
            operand: mask.laid_out(Layout::Repeated),
            repeat: Repeat { period, inner },
        });
    }
    let message = format!(
        "there are {actual} elements, but there must be {of_x}, or as many as a part of its leading dimensions has"
    );
    Err(Error::argument("mask", message))
}

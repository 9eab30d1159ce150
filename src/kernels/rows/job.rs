//! What a caller asks for, and all that can be checked before wgpu is asked.

use std::ops::Range;

use super::call::Call;
use super::rate::rate;
use crate::kernels::Slice;
use crate::kernels::plan::pieces;
use crate::wgsl::rows::Pass;
use crate::{AxisFunction, AxisShape, Error};

/// A slice, and the name of the caller's argument.
#[derive(Clone, Copy, Debug)]
pub(super) struct Argument<'a> {
    pub(super) name: &'static str,
    pub(super) slice: Slice<'a>,
}

impl Argument<'_> {
    fn check(&self, expected: u64) -> Result<(), Error> {
        self.slice.check_contiguous(self.name)?;
        let actual = self.slice.elements();
        if actual == expected {
            Ok(())
        } else {
            Err(Error::Length {
                argument: self.name,
                actual,
                expected,
            })
        }
    }
}

/// What a caller asks for.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) function: AxisFunction,
    pub(super) pass: Pass,
    pub(super) rows: AxisShape,
    /// x, or what backward passes have in its place.
    pub(super) x: Argument<'a>,
    /// The mask of a forward pass, the gradient of a backward pass.
    pub(super) second: Option<Argument<'a>>,
    pub(super) output: Argument<'a>,
    pub(super) empty_is_zero: bool,
}

impl<'a> Job<'a> {
    /// Checks all that can be checked before wgpu is asked, and returns the rows that kernels see: those of maxout are its
    /// groups.
    pub(super) fn check(&self) -> Result<AxisShape, Error> {
        self.function.checked()?;
        let of_output = self.rows.of_output(self.function)?;
        // More elements than any buffer has are refused by their number.
        let [of_x, of_output] =
            [self.rows, of_output].map(|rows| rows.elements().unwrap_or(u64::MAX));
        self.x.check(of_x)?;
        match (self.pass, &self.second) {
            (Pass::Forward, Some(mask)) => self.check_mask(mask, of_x)?,
            (_, Some(grad_output)) => grad_output.check(of_output)?,
            (_, None) => {}
        }
        self.output.check(if self.pass == Pass::Forward {
            of_output
        } else {
            of_x
        })?;
        let output = self.output;
        if let Some(input) = [Some(self.x), self.second]
            .into_iter()
            .flatten()
            .find(|input| input.slice.buffer == output.slice.buffer)
        {
            return Err(Error::SameBuffer {
                output: output.name,
                input: input.name,
            });
        }
        Ok(match self.function {
            AxisFunction::Maxout { groups } => {
                let groups = u64::from(groups);
                AxisShape::new(
                    self.rows.outer.saturating_mul(self.rows.length / groups),
                    groups,
                    self.rows.inner,
                )
            }
            _ => self.rows,
        })
    }

    /// The same of some slabs, with another output.
    pub(super) fn of_slabs(&self, slabs: Range<u64>, output: Slice<'a>) -> Self {
        let slab = self.rows.length * self.rows.inner;
        let range = slabs.start * slab..slabs.end * slab;
        let part = |argument: Argument<'a>| Argument {
            slice: argument.slice.part(&range),
            ..argument
        };
        Self {
            rows: AxisShape {
                outer: slabs.end - slabs.start,
                ..self.rows
            },
            x: part(self.x),
            second: self.second.map(part),
            output: Argument {
                slice: output,
                ..self.output
            },
            ..*self
        }
    }

    /// The caller's buffers, by the names of their arguments.
    pub(super) fn arguments(&self) -> Vec<(&'static str, &'a wgpu::Buffer)> {
        let all = [Some(self.x), self.second, Some(self.output)];
        all.into_iter()
            .flatten()
            .map(|argument| (argument.name, argument.slice.buffer))
            .collect()
    }

    fn check_mask(&self, mask: &Argument<'_>, of_x: u64) -> Result<(), Error> {
        mask.slice.check_contiguous(mask.name)?;
        let (actual, slab) = (
            mask.slice.elements(),
            self.rows.length.saturating_mul(self.rows.inner),
        );
        let takes_mask = matches!(
            self.function,
            AxisFunction::Softmax { .. }
                | AxisFunction::LogSoftmax { .. }
                | AxisFunction::Softmin { .. }
        );
        if !takes_mask {
            return Err(Error::NotMasked {
                function: self.function.info().name,
            });
        }
        let fits = of_x == 0 && actual == 0
            || actual > 0 && slab > 0 && of_x.is_multiple_of(actual) && actual.is_multiple_of(slab);
        if fits {
            Ok(())
        } else {
            Err(Error::MaskLength {
                actual,
                expected: of_x,
            })
        }
    }

    /// Whether x is added to a mask.
    pub(super) fn is_masked(&self) -> bool {
        self.pass == Pass::Forward && self.second.is_some()
    }

    /// All slabs, of so many elements each; one turn through the mask after the other, if that is too large to be bound as a whole.
    pub(super) fn slabs(
        &self,
        outer: u64,
        slab: u64,
        most: u64,
    ) -> impl Iterator<Item = Range<u64>> {
        let mask = self
            .second
            .filter(|_| self.is_masked())
            .map_or(0, |mask| mask.slice.elements());
        pieces(0..outer, if mask > most { mask / slab } else { outer })
    }

    /// Whether results are one for each row, and not for each element.
    pub(super) fn reduces(&self) -> bool {
        matches!(
            self.function,
            AxisFunction::Logsumexp | AxisFunction::Maxout { .. }
        )
    }

    /// The label of everything that belongs to this.
    pub(super) fn label(&self) -> String {
        let [x, output] = [self.x, self.output].map(|argument| argument.slice.dtype);
        let dtype = if x == output {
            output.to_string()
        } else {
            format!("{x} to {output}")
        };
        format!(
            "wgpu-activations {} {} {dtype}",
            self.function.info().name,
            self.pass.name()
        )
    }

    /// The call that all dispatches of this job start from.
    pub(super) fn call(&self) -> Call {
        let negated = matches!(self.function, AxisFunction::Softmin { .. });
        let sign = if negated { -1.0 } else { 1.0 };
        Call {
            flip: u32::from(negated) << 31,
            empty_is_zero: self.empty_is_zero.into(),
            period: self
                .second
                .map_or(1, |second| second.slice.elements().max(1) as u32),
            rate: rate(self.function.temperature(), sign),
            ..Call::default()
        }
    }
}

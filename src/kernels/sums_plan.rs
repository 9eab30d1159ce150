//! Cuts sums over dimensions into chunks of elements that follow each other, one dispatch for each,
//! within the limits of bindings.

use std::ops::Range;

use super::Slice;
use super::chunks::ranges;
use super::dimensions::{Dimension, Dimensions};
use super::elementwise_request::Request;
use super::request::Operand;
use super::strided::{StridedLayout, too_many_dimensions};
use crate::Error;
use crate::wgsl::operand::{Layout, MOST_OPERANDS};

/// The dimensions of x, and the chunks into which it is cut.
pub(super) struct Plan {
    dimensions: Dimensions,
    /// The dimension that is cut into steps. Those outside of it are gone through one by one.
    cut: usize,
    step: u64,
}

/// Some of the sums, and the elements that they are sums of: each chunk is some steps of the
/// dimension that is cut.
pub(super) struct Group {
    pub(super) rows: Range<u64>,
    pub(super) chunks: Vec<Range<u64>>,
}

/// The place of the sums among the layouts. Those of the operands follow.
const SUMS: usize = 0;

impl Plan {
    /// The plan of sums of this layout, seen from the elements. Cuts the outermost dimension of which
    /// a dispatch takes an index, which is `most` elements, and of whose sums it takes `most_sums`
    /// partial ones.
    pub(super) fn new(
        request: &Request<'_>,
        elements: u64,
        sums: StridedLayout,
        most: u64,
        most_sums: u64,
    ) -> Result<Self, Error> {
        let mut layouts = vec![Some(sums)];
        layouts.extend(
            request
                .operands
                .iter()
                .map(|operand| match is_permuted(sums) {
                    true => Some(request.layout(operand)),
                    false => operand.slice.layout,
                }),
        );
        debug_assert!(elements > 0);
        // Operands that are not permuted have dimensions of their own, if they must.
        let own = || Dimensions::of(&[Some(sums)]).filter(|_| !is_permuted(sums));
        let dimensions = Dimensions::of(&layouts).or_else(own);
        let mut dimensions = dimensions.ok_or_else(too_many_dimensions)?;
        if dimensions.0.is_empty() {
            dimensions.0.push(Dimension {
                size: 1,
                strides: [0; MOST_OPERANDS],
            });
        }
        let mut plan = Self {
            dimensions,
            cut: 0,
            step: 1,
        };
        for cut in (0..plan.dimensions.0.len()).rev() {
            let block = plan.dimensions.block(cut);
            if block > most {
                continue;
            }
            let end = (most / block).min(plan.dimensions.0[cut].size) * block;
            (plan.cut, plan.step) = (cut, plan.dimensions.cut(&(0..end), most) / block);
            if plan.step == 0 {
                continue;
            }
            let sums = plan.rows_within() * plan.partial_sums();
            if plan.has_sums_along(cut) {
                plan.step = plan.step.min(most_sums / sums);
            }
            if plan.step > 0 && (sums <= most_sums || plan.rows_within() == 1) {
                return Ok(plan);
            }
        }
        plan.step = plan.step.max(1);
        Ok(plan)
    }

    /// True if the sums have this dimension. Terms are added over the others.
    fn has_sums_along(&self, position: usize) -> bool {
        self.dimensions.0[position].strides[SUMS] > 0
    }

    /// The elements of one index of the dimension that is cut.
    fn block(&self) -> u64 {
        self.dimensions.block(self.cut)
    }

    /// The sums in one index of the dimension that is cut.
    fn rows_within(&self) -> u64 {
        let inner = (0..self.cut).filter(|&inner| self.has_sums_along(inner));
        inner.map(|inner| self.dimensions.0[inner].size).product()
    }

    /// The sums of a chunk.
    fn rows(&self, range: &Range<u64>) -> u64 {
        let steps = (range.end - range.start) / self.block();
        self.rows_within()
            * if self.has_sums_along(self.cut) {
                steps
            } else {
                1
            }
    }

    /// The partial sums of each value: one of each chunk.
    fn partial_sums(&self) -> u64 {
        let first = self.groups().into_iter().next();
        first.map_or(1, |group| group.chunks.len() as u64)
    }

    /// True if a chunk may be cut behind so many elements without a change of its values.
    pub(super) fn can_cut(&self, elements: u64) -> bool {
        !self.has_sums_along(self.cut) && elements.is_multiple_of(self.block())
    }

    /// The groups of values, each with its chunks of x.
    pub(super) fn groups(&self) -> Vec<Group> {
        let Dimensions(dimensions) = &self.dimensions;
        let cut = dimensions[self.cut];
        let (block, within) = (self.block(), self.rows_within());
        // The first elements of all indices along the outer dimensions that the parameter has, or
        // along those that it has not.
        let starts = |along_sums: bool| {
            let outer = (self.cut + 1..dimensions.len()).rev();
            let outer = outer.filter(|&outer| self.has_sums_along(outer) == along_sums);
            outer.fold(vec![0], |starts: Vec<u64>, outer| {
                let block = self.dimensions.block(outer);
                let indices = |start| (0..dimensions[outer].size).map(move |i| start + i * block);
                starts.into_iter().flat_map(indices).collect()
            })
        };
        let steps: Vec<_> = ranges(0..cut.size, self.step).collect();
        let others = starts(false);
        let chunks = |start: u64, steps: &[Range<u64>]| {
            let of_other = |other: &u64| {
                let start = start + other;
                steps
                    .iter()
                    .map(move |step| start + step.start * block..start + step.end * block)
            };
            others.iter().flat_map(of_other).collect::<Vec<_>>()
        };
        let mut groups = Vec::new();
        for (number, start) in (0..).zip(starts(true)) {
            if self.has_sums_along(self.cut) {
                groups.extend(steps.iter().map(|step| Group {
                    rows: (number * cut.size + step.start) * within
                        ..(number * cut.size + step.end) * within,
                    chunks: chunks(start, std::slice::from_ref(step)),
                }));
            } else {
                groups.push(Group {
                    rows: number * within..(number + 1) * within,
                    chunks: chunks(start, &steps),
                });
            }
        }
        groups
    }

    /// What a dispatch reads and writes to add the terms of a chunk.
    pub(super) fn piece<'a>(
        &self,
        part: &Request<'a>,
        range: &Range<u64>,
    ) -> Result<Piece<'a>, Error> {
        let local = range.start - part.part.first..range.end - part.part.first;
        let (elements, rows) = (range.end - range.start, self.rows(range));
        let piece = |start, run, operands| Piece {
            operands,
            start,
            element: local.start,
            rows,
            run,
            elements,
        };
        if let Some(run) = self.run(range) {
            let operands = part.operands.iter();
            let operands = operands.map(|operand| operand.part(&local));
            return Ok(piece(range.start, run, operands.collect()));
        }
        // The operands are read with the dimensions of the sums first.
        let sizes = self.sizes(range);
        let (along_sums, others): (Vec<_>, Vec<_>) = (0..sizes.len())
            .rev()
            .partition(|&position| self.has_sums_along(position));
        let order = [along_sums, others].concat();
        let (_, spans) = self.dimensions.spans(range);
        let permuted = |(k, operand): (usize, &Operand<'a>)| {
            let stride = |&position: &usize| self.dimensions.0[position].strides[k];
            let strides: Vec<_> = order.iter().map(stride).collect();
            let shape: Vec<_> = order.iter().map(|&position| sizes[position]).collect();
            let is_part = operand.layout == Layout::Contiguous && operand.slice.layout.is_none();
            let first = spans[k].start - if is_part { part.part.first } else { 0 };
            let slice = Slice {
                layout: None,
                ..operand.slice
            };
            let slice = slice.part(&(first..first + spans[k].end - spans[k].start));
            let layout = if operand.is_tensor() {
                Layout::Contiguous
            } else {
                Layout::Strided
            };
            Ok(Operand {
                slice: slice.strided(&shape, &strides)?,
                ..operand.laid_out(layout)
            })
        };
        let operands = (SUMS + 1..).zip(&part.operands).map(permuted);
        let operands = operands.collect::<Result<_, Error>>()?;
        Ok(piece(0, elements / rows, operands))
    }

    /// The sizes of the dimensions in a chunk, the innermost first.
    fn sizes(&self, range: &Range<u64>) -> Vec<u64> {
        let inner = self.dimensions.0[..self.cut].iter().map(|inner| inner.size);
        let steps = (range.end - range.start) / self.block();
        inner.chain([steps]).collect()
    }

    /// The elements of a chunk that follow each other and have the same value, if behind them come
    /// those of the next value, and behind all values perhaps the next elements of the first one.
    fn run(&self, range: &Range<u64>) -> Option<u64> {
        let sizes = self.sizes(range);
        let mut position = 0;
        let mut pass = |along_sums: bool| {
            let first = position;
            let is_next = |at: usize| sizes[at] == 1 || self.has_sums_along(at) == along_sums;
            while position < sizes.len() && is_next(position) {
                position += 1;
            }
            sizes[first..position].iter().product()
        };
        let run = pass(false);
        let [_, _]: [u64; 2] = [pass(true), pass(false)];
        (position == sizes.len()).then_some(run)
    }
}

/// True if the operands are read in another order, in which the dimensions of the sums come first.
/// Else each sum has runs of elements, between which there are those of the others.
pub(super) fn is_permuted(sums: StridedLayout) -> bool {
    sums.repeat().is_none()
}

/// The elements of one dispatch: an array whose last two dimensions are `rows` and `run`, of which
/// each index along `rows` has a sum of its own.
pub(super) struct Piece<'a> {
    pub(super) operands: Vec<Operand<'a>>,
    /// The index of the first element, as strided operands count it.
    pub(super) start: u64,
    /// The index of the first element in the request's part.
    pub(super) element: u64,
    pub(super) rows: u64,
    /// The terms of a sum that follow each other.
    pub(super) run: u64,
    pub(super) elements: u64,
}

//! The plan of a sum over the dimensions that a parameter does not have: where x is cut into chunks
//! that a dispatch takes, and in which order its elements are read.

use std::ops::Range;

use super::Slice;
use super::chunks::ranges;
use super::dimensions::{Dimension, Dimensions};
use super::elementwise_request::Request;
use super::request::Operand;
use super::strided::{Repeat, StridedLayout, too_many_dimensions};
use crate::Error;
use crate::wgsl::operand::{Layout, MOST_OPERANDS};
use crate::wgsl::{Op, TERMS};

/// The dimensions of x, and the chunks into which it is cut.
pub(super) struct Plan {
    dimensions: Dimensions,
    /// The dimension that is cut into steps. Those outside of it are gone through one by one.
    cut: usize,
    step: u64,
}

/// Some values of the parameter, and the elements of x that have them: each chunk is some steps of
/// the dimension that is cut.
pub(super) struct Group {
    pub(super) rows: Range<u64>,
    pub(super) chunks: Vec<Range<u64>>,
}

/// The parameter takes the place of the output, which is never strided.
const PARAMETER: usize = 0;

impl Plan {
    /// Cuts the outermost dimension of which a dispatch takes an index, which is `most` elements,
    /// and of whose values a dispatch takes the partial sums.
    pub(super) fn new(
        request: &Request<'_>,
        elements: u64,
        learned: Option<&Operand<'_>>,
        most: u64,
        most_sums: u64,
    ) -> Result<Self, Error> {
        let one = StridedLayout::repeated(Repeat::default(), elements);
        let of_parameter = Some(match learned {
            None => one,
            Some(learned) if learned.is_tensor() => StridedLayout::contiguous(elements),
            Some(learned) => request.layout(learned),
        });
        let mut layouts: Vec<_> = request
            .operands
            .iter()
            .map(|operand| match is_permuted(learned) {
                true => Some(request.layout(operand)),
                false => operand.slice.layout,
            })
            .collect();
        layouts[PARAMETER] = of_parameter;
        // Operands that are not permuted have dimensions of their own, if they must.
        let own = || Dimensions::of(&[of_parameter]).filter(|_| !is_permuted(learned));
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
            if plan.is_of_parameter(cut) {
                plan.step = plan.step.min(most_sums / sums);
            }
            if plan.step > 0 && (sums <= most_sums || plan.rows_within() == 1) {
                return Ok(plan);
            }
        }
        plan.step = plan.step.max(1);
        Ok(plan)
    }

    /// True if the parameter has this dimension. Its gradient is summed over the others.
    fn is_of_parameter(&self, position: usize) -> bool {
        self.dimensions.0[position].strides[PARAMETER] > 0
    }

    /// The elements of one index of the dimension that is cut.
    fn block(&self) -> u64 {
        self.dimensions.block(self.cut)
    }

    /// The values of the parameter in one index of the dimension that is cut.
    fn rows_within(&self) -> u64 {
        let inner = (0..self.cut).filter(|&inner| self.is_of_parameter(inner));
        inner.map(|inner| self.dimensions.0[inner].size).product()
    }

    /// The values of the parameter in a chunk.
    fn rows(&self, range: &Range<u64>) -> u64 {
        let steps = (range.end - range.start) / self.block();
        self.rows_within()
            * if self.is_of_parameter(self.cut) {
                steps
            } else {
                1
            }
    }

    /// The terms of each value in a chunk.
    pub(super) fn terms(&self, range: &Range<u64>) -> u64 {
        (range.end - range.start) / self.rows(range)
    }

    /// The partial sums of each value.
    fn partial_sums(&self) -> u64 {
        let chunks = self.groups().into_iter().next().map(|group| group.chunks);
        let blocks = chunks
            .into_iter()
            .flatten()
            .map(|chunk| blocks(self.terms(&chunk)));
        blocks.sum()
    }

    /// True if a chunk may be cut behind so many elements without a change of its values.
    pub(super) fn can_cut(&self, elements: u64) -> bool {
        !self.is_of_parameter(self.cut) && elements.is_multiple_of(self.block())
    }

    /// The groups of values, each with its chunks of x.
    pub(super) fn groups(&self) -> Vec<Group> {
        let Dimensions(dimensions) = &self.dimensions;
        let cut = dimensions[self.cut];
        let (block, within) = (self.block(), self.rows_within());
        // The first elements of all indices along the outer dimensions that the parameter has, or
        // along those that it has not.
        let starts = |of_parameter: bool| {
            let outer = (self.cut + 1..dimensions.len()).rev();
            let outer = outer.filter(|&outer| self.is_of_parameter(outer) == of_parameter);
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
            if self.is_of_parameter(self.cut) {
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

    /// The dispatch that adds the terms of a chunk.
    pub(super) fn sum<'a>(
        &self,
        part: &Request<'a>,
        to: Operand<'a>,
        range: &Range<u64>,
    ) -> Result<Sum<'a>, Error> {
        let local = range.start - part.part.first..range.end - part.part.first;
        let sum = |start, run, inputs: Vec<Operand<'a>>| Sum {
            op: part.op,
            operands: [to].into_iter().chain(inputs).collect(),
            start,
            element: local.start,
            rows: self.rows(range),
            run,
            length: self.terms(range),
            stride: 0,
        };
        let inputs = part.operands.iter().skip(1);
        if let Some(run) = self.run(range) {
            let inputs = inputs.map(|operand| operand.part(&local));
            return Ok(sum(range.start, run, inputs.collect()));
        }
        // The inputs are read with the parameter's dimensions first.
        let sizes = self.sizes(range);
        let (of_parameter, others): (Vec<_>, Vec<_>) = (0..sizes.len())
            .rev()
            .partition(|&position| self.is_of_parameter(position));
        let order = [of_parameter, others].concat();
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
        let inputs = part.operands.iter().enumerate().skip(1).map(permuted);
        let run = self.terms(range);
        Ok(sum(0, run, inputs.collect::<Result<_, Error>>()?))
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
        let mut pass = |of_parameter: bool| {
            let first = position;
            let is_next = |at: usize| sizes[at] == 1 || self.is_of_parameter(at) == of_parameter;
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

/// True if the inputs are read in another order, in which the dimensions of the parameter come
/// first. Else each value has runs of elements, between which there are those of the others.
pub(super) fn is_permuted(learned: Option<&Operand<'_>>) -> bool {
    learned
        .and_then(|learned| learned.slice.layout)
        .is_some_and(|layout| layout.repeat().is_none())
}

/// One dispatch of a reduction.
pub(super) struct Sum<'a> {
    pub(super) op: Op,
    pub(super) operands: Vec<Operand<'a>>,
    /// The index of the first element, as strided operands count it.
    pub(super) start: u64,
    /// The index of the first element in the request's part of x.
    pub(super) element: u64,
    pub(super) rows: u64,
    /// The terms of a row that follow each other in x.
    pub(super) run: u64,
    /// The terms in one row.
    pub(super) length: u64,
    /// The sums in one row of the output.
    pub(super) stride: u64,
}

/// The workgroups that add so many terms.
pub(super) fn blocks(terms: u64) -> u64 {
    terms.div_ceil(u64::from(TERMS))
}

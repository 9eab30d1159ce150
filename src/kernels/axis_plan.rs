//! Functions along an axis: from a request to dispatches.
//!
//! A thread holds a short row in registers, and a workgroup a longer one, if its elements follow each
//! other. Rows that are longer still, and longer rows whose elements are apart, are cut into such
//! blocks. Then one dispatch finds the statistics of each block, a second one those of each row, and
//! a third one computes the results: x is read twice.
//!
//! Rows with a threshold are never cut, since it does not follow from those of blocks. A workgroup
//! reads those that are too long for registers once for each step of the search. Where no binding
//! takes them, each step has a dispatch for each span that a binding takes.

use std::ops::Range;

use super::axis_dispatch::{AxisDispatch, MOST_IN_REGISTERS, SEARCH_WORDS, VECTOR, most_held};
use super::axis_request::AxisRequest;
use super::chunks::ranges;
use super::elementwise_request::Request;
use super::operation::RecordedDispatch;
use super::request::Operand;
use super::slice::ELEMENT;
use super::{Kernels, Operation, Slice};
use crate::wgsl::{AxisStage, Op};
use crate::{Activation, AxisFunction, AxisShape, Error};

/// The most elements of an output that are f32 at a time, in between: 64 MiB of them, unless a slab
/// is larger.
const MOST_IN_F32: u64 = 1 << 24;

/// The phases of a search in spans, as in `shaders/axis/row_in_spans.wgsl`.
const PHASE_LARGEST: u32 = 0;
const PHASE_STEP: u32 = 1;
const PHASE_RESULTS: u32 = 2;

/// The most steps of a search for a row of so many elements. `shaders/axis/threshold.wgsl` says why
/// they are enough.
fn most_steps(length: u64) -> u32 {
    22 + (3 * (length.ilog2() + 1)).div_ceil(2)
}

/// The elements of a block: the whole row, if one thread or a workgroup holds it in registers.
fn block(request: &AxisRequest<'_>, shape: AxisShape) -> u64 {
    let AxisShape { length, inner, .. } = shape;
    let most_held = most_held(request);
    match inner {
        _ if length <= most_held => length.max(1),
        1 => length
            .div_ceil(length.div_ceil(MOST_IN_REGISTERS))
            .next_multiple_of(VECTOR),
        _ => length.div_ceil(length.div_ceil(most_held)),
    }
}

impl Kernels {
    pub(super) fn axis(&self, request: &AxisRequest<'_>) -> Result<Operation, Error> {
        let shape = request.check()?;
        let requests = request.of_one_extra();
        // The result, statistics and what else is written need bindings of their own, and one more is
        // for all that is read.
        let most = self.limits.max_storage_buffers_per_shader_stage as usize;
        if requests.len() > 1 && requests.len() + 3 > most {
            let mut dispatches = Vec::new();
            for request in &requests {
                dispatches.extend(self.axis(request)?.dispatches);
            }
            return Ok(Operation { dispatches });
        }
        let request = &request.clone().unified()?;
        let mut dispatches = Vec::new();
        if request.output.slice.elements() > 0 {
            let most = self.most_elements(&request.bound());
            if request.function == AxisFunction::Crelu {
                self.by_elements(request, shape, 2, &mut dispatches)?;
            } else {
                self.reduced(request, shape, most, &mut dispatches)?;
            }
        }
        Ok(Operation { dispatches })
    }

    /// Two steps, of which the second works in place of the first, for an output that cannot hold
    /// the first one's results: it has 16 bits, or results are added to it. The steps compute some
    /// slabs at a time in f32, so that nothing is rounded in between. Then these are stored.
    pub(super) fn axis_in_f32(&self, steps: &[AxisRequest<'_>; 2]) -> Result<Operation, Error> {
        steps.iter().try_for_each(|step| step.check().map(drop))?;
        let steps = &[steps[0].clone().unified()?, steps[1].clone().unified()?];
        let AxisRequest { shape, output, .. } = steps[0];
        let mut dispatches = Vec::new();
        if output.slice.elements() > 0 {
            let slab = shape.length * shape.inner;
            let at_once =
                (MOST_IN_F32.min(self.elements_in_binding()) / slab).clamp(1, shape.outer);
            let [buffer] = self.reuse_or_create(&self.axis_scratch, at_once * slab)?;
            for slabs in ranges(0..shape.outer, at_once) {
                let range = slabs.start * slab..slabs.end * slab;
                let wide = Slice::new(&buffer, 0, (range.end - range.start) * ELEMENT);
                for step in steps {
                    dispatches.extend(self.axis(&step.of_slabs(&slabs, wide))?.dispatches);
                }
                let operands = vec![output.part(&range), Operand::input("x", wide)];
                let (identity, most) = (Activation::Identity, self.elements_in_binding());
                let pack =
                    Request::of_activation(identity, Op::Forward, operands, &[], None, most)?;
                dispatches.extend(self.elementwise(&pack)?.dispatches);
            }
        }
        Ok(Operation { dispatches })
    }

    /// Works element by element: one slab of x makes so many slabs of the output.
    pub(super) fn by_elements(
        &self,
        request: &AxisRequest<'_>,
        shape: AxisShape,
        factor: u64,
        dispatches: &mut Vec<RecordedDispatch>,
    ) -> Result<(), Error> {
        let slab = shape.length * shape.inner;
        let at_once = slabs_at_once(factor * slab, self.elements_in_binding())?;
        for slabs in ranges(0..shape.outer, at_once) {
            let one = slabs.start * slab..slabs.end * slab;
            let (of_x, of_y) = (&one, &(factor * one.start..factor * one.end));
            let of_output = match request.op {
                Op::Forward => of_y,
                _ => of_x,
            };
            let dispatch = AxisDispatch {
                stage: AxisStage::Elementwise,
                shape: AxisShape::new(slabs.end - slabs.start, 1, slab),
                block: 1,
                start: 0,
                first: request.first + one.start,
                first_row: 0,
                x: request.x.part(of_x),
                output: request.output.part(of_output),
                elements: parts(&request.elements, of_y),
                broadcast: request.broadcast.clone(),
                rows: Vec::new(),
                stats: None,
                phase: 0,
            };
            dispatches.extend(self.axis_dispatch(request, &dispatch)?);
        }
        Ok(())
    }

    /// Works slab by slab, as many at once as a binding takes. If a slab does not fit a binding, it
    /// works on a part of it; if even neighbours along the axis are too far apart, on a range of
    /// columns.
    fn reduced(
        &self,
        request: &AxisRequest<'_>,
        shape: AxisShape,
        most: u64,
        dispatches: &mut Vec<RecordedDispatch>,
    ) -> Result<(), Error> {
        let AxisShape {
            outer,
            length,
            inner,
        } = shape;
        let slab = length * inner;
        let has_threshold = request.has_threshold();
        if has_threshold && slab > most {
            return self.searched_in_spans(request, shape, most, dispatches);
        }
        let (mut block, mut width) = match has_threshold {
            true => (length.max(1), inner),
            false => (block(request, shape), inner),
        };
        if slab > most {
            block = block.min(most / inner);
        }
        // Statistics have a binding of their own.
        let most_stats = self.elements_in_binding();
        let stats = |block: u64, width| request.stats() * length.div_ceil(block).max(1) * width;
        if block == 0 || (block < length && stats(block, width) > most_stats) {
            (block, width) = (1, most.min(most_stats / stats(1, 1)));
            if width == 0 {
                return Err(rows_too_large(stats(1, 1), most_stats));
            }
        }
        let (blocks, stats) = (length.div_ceil(block).max(1), stats(block, width));
        let is_whole = slab <= most && width == inner;
        let at_once = match is_whole {
            true => {
                let workgroups = u64::from(self.limits.max_compute_workgroups_per_dimension).pow(2);
                let at_once = slabs_at_once(slab.max(inner), most)?;
                // A row may take a workgroup, and so may each block of it.
                let at_once = at_once.min(workgroups / (blocks * inner).max(1));
                at_once.min(most_stats / stats).max(1)
            }
            false => 1,
        };
        let scratch = match blocks > 1 || length == 0 {
            true => Some(self.scratch(stats * at_once.min(outer))?),
            false => None,
        };
        // As many blocks as a binding takes; of a range of columns one.
        let span = match (is_whole, width == inner) {
            (true, _) => length,
            (false, true) => most / (block * inner) * block,
            (false, false) => 1,
        };
        for columns in request.ranges(inner, 1, width, most) {
            for outer in request.ranges(outer, slab, at_once, most) {
                let part = Part {
                    request,
                    shape,
                    block,
                    blocks,
                    span,
                    outer,
                    columns: columns.clone(),
                };
                match &scratch {
                    Some(scratch) => self.reduced_in_blocks(&part, scratch, dispatches)?,
                    None => {
                        let dispatch = part.dispatch(part.whole(), 0..length);
                        dispatches.extend(self.axis_dispatch(request, &dispatch)?);
                    }
                }
            }
        }
        Ok(())
    }

    /// Rows with a threshold in a slab that no binding takes: spans of all columns, or of a range of
    /// columns one element. The search goes through all spans in each phase.
    fn searched_in_spans(
        &self,
        request: &AxisRequest<'_>,
        shape: AxisShape,
        most: u64,
        dispatches: &mut Vec<RecordedDispatch>,
    ) -> Result<(), Error> {
        let AxisShape {
            outer,
            length,
            inner,
        } = shape;
        // Each column takes a workgroup.
        let workgroups = u64::from(self.limits.max_compute_workgroups_per_dimension).pow(2);
        let width = inner.min(most / SEARCH_WORDS).min(workgroups);
        if width == 0 {
            return Err(rows_too_large(SEARCH_WORDS, most));
        }
        let span = if width == inner { most / inner } else { 1 };
        let [scratch, _] = self.scratch(SEARCH_WORDS * width)?;
        for columns in request.ranges(inner, 1, width, most) {
            for outer in request.ranges(outer, length * inner, 1, most) {
                let part = Part {
                    request,
                    shape,
                    block: span,
                    blocks: 1,
                    span,
                    outer,
                    columns: columns.clone(),
                };
                let searches = SEARCH_WORDS * (columns.end - columns.start) * ELEMENT;
                let stats = Some(Slice::new(&scratch, 0, searches));
                for phase in std::iter::once(PHASE_LARGEST)
                    .chain(std::iter::repeat_n(PHASE_STEP, most_steps(length) as usize))
                    .chain([PHASE_RESULTS])
                {
                    for span in ranges(0..length, span) {
                        let dispatch = AxisDispatch {
                            block: span.end - span.start,
                            stats,
                            phase,
                            ..part.dispatch(AxisStage::InSpans, span)
                        };
                        dispatches.extend(self.axis_dispatch(request, &dispatch)?);
                    }
                }
            }
        }
        Ok(())
    }

    /// Rows that are cut into blocks, and rows of no elements, which have nothing to bind.
    fn reduced_in_blocks(
        &self,
        part: &Part<'_>,
        scratch: &[wgpu::Buffer; 2],
        dispatches: &mut Vec<RecordedDispatch>,
    ) -> Result<(), Error> {
        let Part {
            request,
            shape: AxisShape { length, .. },
            block,
            blocks,
            span,
            ..
        } = *part;
        let outer = part.outer.end - part.outer.start;
        let inner = part.columns.end - part.columns.start;
        let [of_blocks, of_rows] = scratch.each_ref();
        let of_blocks = Slice::new(
            of_blocks,
            0,
            request.stats() * outer * blocks * inner * ELEMENT,
        );
        let of_rows = Slice::new(of_rows, 0, request.stats() * outer * inner * ELEMENT);
        let mut add = |dispatch: &AxisDispatch<'_>| {
            dispatches.extend(self.axis_dispatch(request, dispatch)?);
            Ok(())
        };
        if length == 0 {
            let x = Operand {
                slice: of_blocks,
                ..request.x
            };
            return add(&AxisDispatch {
                x,
                ..part.dispatch(part.whole(), 0..0)
            });
        }
        for span in ranges(0..length, span) {
            let first = request.stats() * span.start / block * inner;
            let stats = Some(of_blocks.part(&(first..of_blocks.elements())));
            add(&AxisDispatch {
                stats,
                ..part.dispatch(AxisStage::BlockStats, span)
            })?;
        }
        let is_reduced = part.whole() == AxisStage::Reduce;
        let stage = if is_reduced {
            AxisStage::ReduceBlocks
        } else {
            AxisStage::RowStats
        };
        add(&AxisDispatch {
            shape: AxisShape::new(outer, blocks, inner),
            block: blocks,
            x: Operand {
                slice: of_blocks,
                ..request.x
            },
            elements: Vec::new(),
            stats: Some(of_rows),
            ..part.dispatch(stage, 0..length)
        })?;
        if !is_reduced {
            for span in ranges(0..length, span) {
                let stats = Some(of_rows);
                add(&AxisDispatch {
                    stats,
                    ..part.dispatch(AxisStage::Apply, span)
                })?;
            }
        }
        Ok(())
    }
}

/// The number of slabs that a binding takes.
fn slabs_at_once(slab: u64, most: u64) -> Result<u64, Error> {
    if slab > most {
        Err(rows_too_large(slab, most))
    } else {
        Ok(most / slab.max(1))
    }
}

fn rows_too_large(elements: u64, most: u64) -> Error {
    Error::TooLarge {
        argument: "shape".to_owned(),
        bytes: elements.saturating_mul(ELEMENT),
        most: most * ELEMENT,
    }
}

/// Slabs that are worked on at once.
struct Part<'a> {
    request: &'a AxisRequest<'a>,
    shape: AxisShape,
    block: u64,
    blocks: u64,
    /// The elements of a row that one dispatch takes.
    span: u64,
    outer: Range<u64>,
    /// The columns: neighbours along the axis are as far apart as there are columns in all. This is
    /// a part of them if blocks have one element.
    columns: Range<u64>,
}

impl<'a> Part<'a> {
    /// The stage that computes results from elements at once.
    fn whole(&self) -> AxisStage {
        let reduces = self.request.reduces() && self.request.op == Op::Forward;
        if reduces {
            AxisStage::Reduce
        } else {
            AxisStage::Whole
        }
    }

    /// A dispatch over a span of each row.
    fn dispatch(&self, stage: AxisStage, span: Range<u64>) -> AxisDispatch<'a> {
        let AxisShape { length, inner, .. } = self.shape;
        let Range { start, end } = self.outer;
        let width = self.columns.end - self.columns.start;
        let first = (start * length + span.start) * inner + self.columns.start;
        // There is more than one slab only where the span is all of the row.
        let elements = first..first + (end - start) * (span.end - span.start) * width;
        let of_rows = start * inner + self.columns.start..(end - 1) * inner + self.columns.end;
        let request = self.request;
        let of_output = match self.whole() {
            AxisStage::Reduce => &of_rows,
            _ => &elements,
        };
        let slab = (request.shape.length * request.shape.inner).max(1);
        let rows_before = request.first / slab * request.shape.inner;
        AxisDispatch {
            stage,
            shape: AxisShape::new(end - start, span.end - span.start, width),
            block: self.block,
            start: span.start,
            first: request.first + first,
            first_row: rows_before + of_rows.start,
            x: request.x.part(&elements),
            output: request.output.part(of_output),
            elements: parts(&request.elements, &elements),
            broadcast: parts(&request.broadcast, &elements),
            rows: parts(&request.rows, &of_rows),
            stats: None,
            phase: 0,
        }
    }
}

/// The same range of each operand.
fn parts<'a>(operands: &[Operand<'a>], range: &Range<u64>) -> Vec<Operand<'a>> {
    operands.iter().map(|operand| operand.part(range)).collect()
}

//! From rows to dispatches: which kernel for which shape, and how large work is cut into bindings.
//!
//! Short rows and strided ones take a thread each, others a workgroup that holds them. Where strided ones would leave the device
//! idle, because they are few and long, and where others are longer than a workgroup holds, they are cut into blocks: one dispatch finds what is known of each block, another one what is known of
//! each row, and a last one computes the results.

use std::ops::Range;

use super::job::{Argument, Job};
use super::step::{Dispatch, KNOWN, VECTOR, is_strided_or_short};
use crate::kernels::job::{self as elementwise, Operand};
use crate::kernels::operation::Step;
use crate::kernels::plan::pieces;
use crate::kernels::slice::ELEMENT;
use crate::kernels::{Kernels, Operation, Slice};
use crate::wgsl::rows::{HELD_EACH, Pass, Stage};
use crate::wgsl::{self, WORKGROUP};
use crate::{Activation, AxisFunction, AxisShape, Error};

/// How many threads keep a device busy, and the least elements that a block of each is worth.
const BUSY_THREADS: u64 = 1 << 16;
const LEAST_OF_THREAD: u64 = 64;

/// No strided row is cut into more blocks than this, unless a binding takes less.
const MOST_BLOCKS: u64 = 1024;

/// How many elements of a 16-bit output are f32 at a time, in between: 64 MiB of them, unless a slab is more.
const MOST_IN_F32: u64 = 1 << 24;

/// The most elements that a workgroup holds.
const MOST_HELD: u64 = HELD_EACH * WORKGROUP as u64;

/// The elements of a block: of the whole row, if a workgroup holds it, or if rows for threads are many or short.
fn block(rows: AxisShape) -> u64 {
    if !is_strided_or_short(rows) {
        return rows
            .length
            .div_ceil(rows.length.div_ceil(MOST_HELD))
            .next_multiple_of(VECTOR);
    }
    let busy = BUSY_THREADS / (rows.outer * rows.inner).max(1);
    let wanted = busy
        .min(MOST_BLOCKS)
        .min(rows.length.div_ceil(LEAST_OF_THREAD));
    rows.length.div_ceil(wanted.max(1)).max(1)
}

impl Kernels {
    pub(super) fn rows(&self, job: &Job<'_>) -> Result<Operation, Error> {
        let rows = job.check()?;
        let mut steps = Vec::new();
        if job.output.slice.elements() > 0 {
            let most = self.elements_in_binding().min(1 << 30);
            if job.function == AxisFunction::Crelu {
                self.elements(job, rows, most, &mut steps)?;
            } else {
                self.gathered(job, rows, most, &mut steps)?;
            }
        }
        Ok(Operation { steps })
    }

    /// Steps of which the second works in place of the first, for a 16-bit output: in f32, so that nothing is rounded in between, some
    /// slabs at a time, which are then packed.
    pub(super) fn rows_in_f32(&self, jobs: &[Job<'_>; 2]) -> Result<Operation, Error> {
        jobs.iter().try_for_each(|job| job.check().map(drop))?;
        let Job { rows, output, .. } = jobs[0];
        let mut steps = Vec::new();
        if output.slice.elements() > 0 {
            let slab = rows.length * rows.inner;
            let at_once = (MOST_IN_F32.min(self.elements_in_binding()) / slab).clamp(1, rows.outer);
            let [buffer] = self.kept(&self.scratch_of_rows, at_once * slab)?;
            for slabs in pieces(0..rows.outer, at_once) {
                let range = slabs.start * slab..slabs.end * slab;
                let wide = Slice::new(&buffer, 0, (range.end - range.start) * ELEMENT);
                for job in jobs {
                    steps.extend(self.rows(&job.of_slabs(slabs.clone(), wide))?.steps);
                }
                let (x, output) = (
                    Operand::x(wide),
                    Operand::output(output.name, output.slice.part(&range)),
                );
                let pack = elementwise::Job::new(
                    Activation::Identity,
                    wgsl::Pass::Forward,
                    &[],
                    vec![x],
                    output,
                )?;
                steps.extend(self.elementwise(&pack)?.steps);
            }
        }
        Ok(Operation { steps })
    }

    /// Element by element: what is one slab of x is two of y.
    fn elements(
        &self,
        job: &Job<'_>,
        rows: AxisShape,
        most: u64,
        steps: &mut Vec<Step>,
    ) -> Result<(), Error> {
        let slab = rows.length * rows.inner;
        let at_once = slabs_at_once(2 * slab, most)?;
        for outer in (0..rows.outer).step_by(at_once as usize) {
            let end = rows.outer.min(outer + at_once);
            let (one, two) = (outer * slab..end * slab, 2 * outer * slab..2 * end * slab);
            let (second, output) = match job.pass {
                Pass::Forward => (None, job.output.slice.part(&two)),
                _ => (
                    job.second.map(|second| second.slice.part(&two)),
                    job.output.slice.part(&one),
                ),
            };
            steps.push(self.row_step(
                job,
                &Dispatch {
                    stage: Stage::Elements,
                    rows: AxisShape::new(end - outer, 1, slab),
                    block: 1,
                    start: 0,
                    first: 0,
                    x: job.x.slice.part(&one),
                    second,
                    output,
                    statistics: output,
                },
            )?);
        }
        Ok(())
    }

    /// Slab by slab, as many at once as a binding takes, or less than one; and where even the elements that follow each other
    /// between two of a row are too many, column by column.
    fn gathered(
        &self,
        job: &Job<'_>,
        rows: AxisShape,
        most: u64,
        steps: &mut Vec<Step>,
    ) -> Result<(), Error> {
        let AxisShape {
            outer,
            length,
            inner,
        } = rows;
        let slab = length * inner;
        let (mut block, mut width) = (block(rows), inner);
        if slab > most {
            block = block.min(most / inner);
        }
        let known = |block: u64, width| KNOWN * length.div_ceil(block).max(1) * width;
        if block == 0 || (block < length && known(block, width) > most) {
            (block, width) = (1, most / known(1, 1));
            if width == 0 {
                return Err(Error::RowsTooLarge {
                    elements: known(1, 1),
                    most,
                });
            }
        }
        let (blocks, known) = (length.div_ceil(block).max(1), known(block, width));
        let is_whole = slab <= most && width == inner;
        let at_once = if is_whole {
            slabs_at_once(slab.max(inner), most)?.min((most / known).max(1))
        } else {
            1
        };
        let scratch = if blocks > 1 || length == 0 {
            Some(self.scratch(known * at_once.min(outer))?)
        } else {
            None
        };
        // As many blocks as a binding takes, and of columns one.
        let span = match (is_whole, width == inner) {
            (true, _) => length,
            (false, true) => most / (block * inner) * block,
            (false, false) => 1,
        };
        for columns in pieces(0..inner, width) {
            for outer in job
                .slabs(outer, slab, most)
                .flat_map(|slabs| pieces(slabs, at_once))
            {
                let part = Part {
                    job,
                    rows,
                    block,
                    blocks,
                    span,
                    outer,
                    columns: columns.clone(),
                    most,
                };
                match &scratch {
                    Some(scratch) => self.in_blocks(&part, scratch, steps)?,
                    None => {
                        steps.push(self.row_step(job, &part.dispatch(part.whole(), 0..length))?)
                    }
                }
            }
        }
        Ok(())
    }

    /// Rows that are cut into blocks, and those of no elements, which have none to bind.
    fn in_blocks(
        &self,
        part: &Part<'_>,
        scratch: &[wgpu::Buffer; 2],
        steps: &mut Vec<Step>,
    ) -> Result<(), Error> {
        let Part {
            job,
            rows: AxisShape { length, .. },
            block,
            blocks,
            span,
            ..
        } = *part;
        let (outer, inner) = (
            part.outer.end - part.outer.start,
            part.columns.end - part.columns.start,
        );
        let [of_blocks, of_rows] = scratch.each_ref();
        let of_blocks = Slice::new(of_blocks, 0, KNOWN * outer * blocks * inner * ELEMENT);
        let of_rows = Slice::new(of_rows, 0, KNOWN * outer * inner * ELEMENT);
        if length == 0 {
            let nothing = Dispatch {
                x: of_blocks,
                ..part.dispatch(part.whole(), 0..0)
            };
            steps.push(self.row_step(job, &nothing)?);
            return Ok(());
        }

        let spans = || pieces(0..length, span);
        for span in spans() {
            let first = KNOWN * span.start / block * inner;
            let statistics = of_blocks.part(&(first..of_blocks.elements()));
            let dispatch = Dispatch {
                statistics,
                ..part.dispatch(Stage::Statistics, span)
            };
            steps.push(self.row_step(job, &dispatch)?);
        }
        let is_reduced = part.whole() == Stage::Reduced;
        let stage = if is_reduced {
            Stage::ReducedOfBlocks
        } else {
            Stage::StatisticsOfBlocks
        };
        let dispatch = Dispatch {
            rows: AxisShape::new(outer, blocks, inner),
            block: blocks,
            x: of_blocks,
            second: None,
            statistics: of_rows,
            ..part.dispatch(stage, 0..length)
        };
        steps.push(self.row_step(job, &dispatch)?);
        if !is_reduced {
            for span in spans() {
                let dispatch = Dispatch {
                    statistics: of_rows,
                    ..part.dispatch(Stage::Known, span)
                };
                steps.push(self.row_step(job, &dispatch)?);
            }
        }
        Ok(())
    }
}

/// How many slabs a binding takes.
fn slabs_at_once(slab: u64, most: u64) -> Result<u64, Error> {
    if slab > most {
        Err(Error::RowsTooLarge {
            elements: slab,
            most,
        })
    } else {
        Ok(most / slab.max(1))
    }
}

/// Slabs that are worked on at once.
struct Part<'a> {
    job: &'a Job<'a>,
    rows: AxisShape,
    block: u64,
    blocks: u64,
    /// Elements of a row that one dispatch takes.
    span: u64,
    outer: Range<u64>,
    /// Of what lies between two elements of a row: all, or a part if blocks have one element.
    columns: Range<u64>,
    /// The most elements that a binding takes.
    most: u64,
}

impl<'a> Part<'a> {
    /// The stage that computes results from elements at once.
    fn whole(&self) -> Stage {
        if self.job.reduces() && self.job.pass == Pass::Forward {
            Stage::Reduced
        } else {
            Stage::Whole
        }
    }

    /// A dispatch over a span of each row.
    fn dispatch(&self, stage: Stage, span: Range<u64>) -> Dispatch<'a> {
        let AxisShape { length, inner, .. } = self.rows;
        let Range { start, end } = self.outer;
        let width = self.columns.end - self.columns.start;
        let first = (start * length + span.start) * inner + self.columns.start;
        // More than one slab only where the span is all of the row.
        let elements = first..first + (end - start) * (span.end - span.start) * width;
        let of_rows = start * inner + self.columns.start..(end - 1) * inner + self.columns.end;
        let Job {
            x, second, output, ..
        } = *self.job;
        let mut in_mask = first;
        let second = second.map(|Argument { slice, .. }| match self.job.pass {
            Pass::Forward if slice.elements() > self.most => {
                in_mask = 0;
                let first = first % slice.elements();
                slice.part(&(first..first + elements.end - elements.start))
            }
            Pass::Forward => slice,
            _ if self.job.reduces() => slice.part(&of_rows),
            _ => slice.part(&elements),
        });
        Dispatch {
            stage,
            rows: AxisShape::new(end - start, span.end - span.start, width),
            block: self.block,
            start: span.start,
            first: in_mask,
            x: x.slice.part(&elements),
            second,
            output: output.slice.part(if self.whole() == Stage::Reduced {
                &of_rows
            } else {
                &elements
            }),
            statistics: output.slice,
        }
    }
}

//! From rows to dispatches: which kernel for which shape, and how large work is cut into bindings.
//!
//! Short rows and strided ones take a thread each, others a workgroup. Where that would leave the device idle, because rows
//! are few and long, they are cut into blocks: one dispatch finds what is known of each block, another one what is known of
//! each row, and a last one computes the results.

use std::ops::Range;

use super::job::{Argument, Job};
use super::step::{Dispatch, KNOWN, is_strided_or_short};
use crate::kernels::operation::Step;
use crate::kernels::slice::ELEMENT;
use crate::kernels::{Kernels, Operation, Slice};
use crate::wgsl::rows::{Pass, Stage};
use crate::{AxisFunction, Error, Rows};

/// How many threads and workgroups keep a device busy, and the least elements that a block of each is worth.
const BUSY_THREADS: u64 = 1 << 16;
const LEAST_OF_THREAD: u64 = 64;
const BUSY_WORKGROUPS: u64 = 1024;
const LEAST_OF_WORKGROUP: u64 = 4096;

/// No row is cut into more blocks than this, unless a binding takes less.
const MOST_BLOCKS: u64 = 1024;

/// Elements of a slice.
fn part<'a>(slice: Slice<'a>, range: Range<u64>) -> Slice<'a> {
    Slice::new(slice.buffer, slice.offset + range.start * ELEMENT, (range.end - range.start) * ELEMENT)
}

/// The elements of a block: of the whole row, if rows are many or short.
fn block(rows: Rows) -> u64 {
    let (busy, least) =
        if is_strided_or_short(rows) { (BUSY_THREADS, LEAST_OF_THREAD) } else { (BUSY_WORKGROUPS, LEAST_OF_WORKGROUP) };
    let wanted = (busy / (rows.outer * rows.inner).max(1)).min(MOST_BLOCKS).min(rows.length.div_ceil(least));
    rows.length.div_ceil(wanted.max(1)).max(1)
}

impl Kernels {
    pub(super) fn rows(&self, job: &Job<'_>) -> Result<Operation, Error> {
        let rows = job.check()?;
        let mut steps = Vec::new();
        if job.output.slice.elements() > 0 {
            let most = self.elements_in_binding().min(1 << 30);
            if let Some(mask) = job.second.filter(|mask| job.is_masked() && mask.slice.elements() > most) {
                return Err(Error::RowsTooLarge { elements: mask.slice.elements(), most });
            }
            if job.function == AxisFunction::Crelu {
                self.elements(job, rows, most, &mut steps)?;
            } else {
                self.gathered(job, rows, most, &mut steps)?;
            }
        }
        Ok(Operation { steps })
    }

    /// Element by element: what is one slab of x is two of y.
    fn elements(&self, job: &Job<'_>, rows: Rows, most: u64, steps: &mut Vec<Step>) -> Result<(), Error> {
        let slab = rows.length * rows.inner;
        let at_once = slabs_at_once(2 * slab, most)?;
        for outer in (0..rows.outer).step_by(at_once as usize) {
            let end = rows.outer.min(outer + at_once);
            let (one, two) = (outer * slab..end * slab, 2 * outer * slab..2 * end * slab);
            let (second, output) = match job.pass {
                Pass::Forward => (None, part(job.output.slice, two)),
                _ => (job.second.map(|second| part(second.slice, two)), part(job.output.slice, one.clone())),
            };
            steps.push(self.row_step(
                job,
                &Dispatch {
                    stage: Stage::Elements,
                    rows: Rows::new(end - outer, 1, slab),
                    block: 1,
                    start: 0,
                    first: 0,
                    x: part(job.x.slice, one),
                    second,
                    output,
                    statistics: output,
                },
            )?);
        }
        Ok(())
    }

    /// Slab by slab, as many at once as a binding takes, or less than one.
    fn gathered(&self, job: &Job<'_>, rows: Rows, most: u64, steps: &mut Vec<Step>) -> Result<(), Error> {
        let Rows { outer, length, inner } = rows;
        let slab = length * inner;
        let mut block = block(rows);
        let at_once = if slab <= most {
            slabs_at_once(slab.max(inner), most)?
        } else {
            block = block.min(most / inner);
            1
        };
        if block == 0 {
            return Err(Error::RowsTooLarge { elements: inner, most });
        }
        let blocks = length.div_ceil(block).max(1);
        let known = KNOWN * blocks * inner;
        if blocks > 1 && known > most {
            return Err(Error::RowsTooLarge { elements: known, most });
        }
        let at_once = at_once.min((most / known).max(1));
        let scratch = if blocks > 1 || length == 0 { Some(self.scratch(known * at_once.min(outer))?) } else { None };
        for start in (0..outer).step_by(at_once as usize) {
            let part = Part { job, rows, block, blocks, outer: start..outer.min(start + at_once), most };
            match &scratch {
                Some(scratch) => self.in_blocks(&part, scratch, steps)?,
                None => steps.push(self.row_step(job, &part.dispatch(part.whole(), 0..length))?),
            }
        }
        Ok(())
    }

    /// Rows that are cut into blocks, and those of no elements, which have none to bind.
    fn in_blocks(&self, part: &Part<'_>, scratch: &[wgpu::Buffer; 2], steps: &mut Vec<Step>) -> Result<(), Error> {
        let Part { job, rows: Rows { length, inner, .. }, block, blocks, .. } = *part;
        let outer = part.outer.end - part.outer.start;
        let [of_blocks, of_rows] = scratch.each_ref();
        let of_blocks = Slice::new(of_blocks, 0, KNOWN * outer * blocks * inner * ELEMENT);
        let of_rows = Slice::new(of_rows, 0, KNOWN * outer * inner * ELEMENT);
        if length == 0 {
            let nothing = Dispatch { x: of_blocks, ..part.dispatch(part.whole(), 0..0) };
            steps.push(self.row_step(job, &nothing)?);
            return Ok(());
        }

        // As many blocks as a binding takes.
        let span = if outer * length * inner <= part.most { length } else { part.most / (block * inner) * block };
        let spans = || (0..length).step_by(span as usize).map(|start| start..length.min(start + span));
        for span in spans() {
            let first = KNOWN * span.start / block * inner;
            let statistics = self::part(of_blocks, first..of_blocks.elements());
            let dispatch = Dispatch { statistics, ..part.dispatch(Stage::Statistics, span) };
            steps.push(self.row_step(job, &dispatch)?);
        }
        let is_reduced = part.whole() == Stage::Reduced;
        let stage = if is_reduced { Stage::ReducedOfBlocks } else { Stage::StatisticsOfBlocks };
        let dispatch = Dispatch {
            rows: Rows::new(outer, blocks, inner),
            block: blocks,
            x: of_blocks,
            second: None,
            statistics: of_rows,
            ..part.dispatch(stage, 0..length)
        };
        steps.push(self.row_step(job, &dispatch)?);
        if !is_reduced {
            for span in spans() {
                let dispatch = Dispatch { statistics: of_rows, ..part.dispatch(Stage::Known, span) };
                steps.push(self.row_step(job, &dispatch)?);
            }
        }
        Ok(())
    }
}

/// How many slabs a binding takes.
fn slabs_at_once(slab: u64, most: u64) -> Result<u64, Error> {
    if slab > most { Err(Error::RowsTooLarge { elements: slab, most }) } else { Ok(most / slab.max(1)) }
}

/// Slabs that are worked on at once.
struct Part<'a> {
    job: &'a Job<'a>,
    rows: Rows,
    block: u64,
    blocks: u64,
    outer: Range<u64>,
    /// The most elements that a binding takes.
    most: u64,
}

impl<'a> Part<'a> {
    /// The stage that computes results from elements at once.
    fn whole(&self) -> Stage {
        if self.job.reduces() && self.job.pass == Pass::Forward { Stage::Reduced } else { Stage::Whole }
    }

    /// A dispatch over a span of each row.
    fn dispatch(&self, stage: Stage, span: Range<u64>) -> Dispatch<'a> {
        let Rows { length, inner, .. } = self.rows;
        let Range { start, end } = self.outer;
        let first = (start * length + span.start) * inner;
        // More than one slab only where the span is all of the row.
        let elements = first..first + (end - start) * (span.end - span.start) * inner;
        let of_rows = start * inner..end * inner;
        let Job { x, second, output, .. } = *self.job;
        let second = second.map(|Argument { slice, .. }| match self.job.pass {
            Pass::Forward => slice,
            _ if self.job.reduces() => part(slice, of_rows.clone()),
            _ => part(slice, elements.clone()),
        });
        Dispatch {
            stage,
            rows: Rows::new(end - start, span.end - span.start, inner),
            block: self.block,
            start: span.start,
            first,
            x: part(x.slice, elements.clone()),
            second,
            output: part(output.slice, if self.whole() == Stage::Reduced { of_rows } else { elements }),
            statistics: output.slice,
        }
    }
}

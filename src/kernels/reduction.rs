//! Sums over all elements of a channel: blocks of terms, then blocks of their sums.

use std::ops::Range;
use std::sync::Mutex;

use super::call::{Call, Divisor};
use super::job::{Job, Operand};
use super::operation::{Step, grid};
use super::plan::{Dispatch, pieces};
use super::scope::caught;
use super::slice::ELEMENT;
use super::{Kernels, Operation, Slice, lock};
use crate::Error;
use crate::wgsl::{Module, Pass, TERMS};

/// What one dispatch of a reduction adds up.
struct Sum<'a> {
    module: Module,
    parts: Vec<Operand<'a>>,
    /// Index of the first element, where inputs are views.
    start: u64,
    /// Terms in one row.
    length: u64,
    /// Sums in one row of the output.
    stride: u64,
}

impl Kernels {
    /// A pass that adds up one row of terms for each value of the parameter at this position: blocks of terms first, then the
    /// blocks' sums, until one is left. Other parts of the tensors may lie in other buffers.
    pub(super) fn reduction(
        &self,
        job: &Job<'_>,
        other_parts: &[Job<'_>],
        position: usize,
    ) -> Result<Operation, Error> {
        let is_one = job.learned[position].is_none_or(|learned| learned.turn() == 1);
        let (rows, run) = if is_one { (1, 1) } else { job.channels() };
        job.output.slice.check_f32(job.output.argument)?;
        job.check_output(rows)?;
        let (channels, inner) = job.channels();
        let (turn, most) = (channels * inner, self.elements_in_binding());
        self.check_reach("x", turn, job.x().dtype)?;

        let blocks =
            |range: &Range<u64>| ((range.end - range.start) / rows).div_ceil(u64::from(TERMS));
        let jobs = [job].into_iter().chain(other_parts);
        let pieces = jobs.flat_map(|job| {
            pieces(0..job.x().elements(), most / turn * turn).map(move |piece| (job, piece))
        });
        let pieces: Vec<_> = pieces.collect();
        let mut length: u64 = pieces.iter().map(|(_, piece)| blocks(piece)).sum();
        let scratch = self.scratch(rows * length)?;
        let [mut from, mut to] = scratch.each_ref();
        let partial_sums =
            |buffer, terms: u64| Slice::new(buffer, 0, (rows * terms).max(1) * ELEMENT);
        let mut steps = Vec::new();
        let mut first_block = 0;
        for (job, piece) in &pieces {
            let output = if length == 1 {
                job.output
            } else {
                Operand::output("partial sums", partial_sums(to, length))
                    .part(&(first_block..rows * length))
            };
            let parts = job
                .reads
                .iter()
                .map(|operand| operand.part(piece))
                .chain([output]);
            let parts = parts.chain(job.parameters()).collect();
            steps.extend(self.sum(
                job,
                Sum {
                    module: job.module(),
                    parts,
                    start: piece.start,
                    length: (piece.end - piece.start) / rows,
                    stride: length,
                },
                (rows, run),
            )?);
            first_block += blocks(piece);
        }
        // No terms at all make one sum of nothing.
        while length != 1 {
            (from, to) = (to, from);
            let terms = length;
            length = terms.div_ceil(u64::from(TERMS)).max(1);
            let input = Operand::x(partial_sums(from, terms));
            let output = if length == 1 {
                job.output
            } else {
                Operand::output("partial sums", partial_sums(to, length))
            };
            steps.extend(self.sum(
                job,
                Sum {
                    module: Module::new(job.activation, Pass::Sum),
                    parts: vec![input, output],
                    start: 0,
                    length: terms,
                    stride: length,
                },
                (rows, run),
            )?);
        }
        Ok(Operation { steps })
    }

    /// One dispatch of a reduction: rows, in runs.
    fn sum(
        &self,
        job: &Job<'_>,
        sum: Sum<'_>,
        (rows, run): (u64, u64),
    ) -> Result<Vec<Step>, Error> {
        let Sum {
            module,
            parts,
            start,
            length,
            stride,
        } = sum;
        let count = (rows * length.div_ceil(u64::from(TERMS)).max(1)) as u32;
        let workgroups = grid(count, self.limits.max_compute_workgroups_per_dimension);
        let (length, stride, rows, run) = (
            length as u32,
            stride as u32,
            rows as u32,
            Divisor::new(run as u32),
        );
        let call = Call {
            count,
            row: workgroups.0,
            length,
            stride,
            rows,
            run,
            ..job.call(0)
        };
        self.dispatch(Dispatch {
            module,
            entry_point: "blocks",
            call,
            parts,
            width: 1,
            start,
            workgroups,
        })
    }

    /// Two buffers of at least so many elements for what lies between the dispatches of a reduction. All operations
    /// share them: a queue runs one after the other.
    pub(super) fn scratch(&self, elements: u64) -> Result<[wgpu::Buffer; 2], Error> {
        self.kept(&self.scratch, elements)
    }

    /// The buffers that are kept there, if they are large enough, or new ones.
    pub(super) fn kept<const N: usize>(
        &self,
        place: &Mutex<Option<[wgpu::Buffer; N]>>,
        elements: u64,
    ) -> Result<[wgpu::Buffer; N], Error> {
        let size = (elements * ELEMENT).next_power_of_two().max(1024);
        let mut kept = lock(place);
        let make = || {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("wgpu-activations partial sums"),
                size,
                usage: wgpu::BufferUsages::STORAGE,
                mapped_at_creation: false,
            })
        };
        let buffers = match kept.take() {
            Some(buffers) if buffers[0].size() >= size => buffers,
            _ => caught(
                &self.device,
                || format!("{size} bytes for partial sums"),
                || std::array::from_fn(|_| make()),
            )?,
        };
        *kept = Some(buffers.clone());
        Ok(buffers)
    }
}

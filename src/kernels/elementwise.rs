//! Activations element by element, and gated units: from a request to dispatches.

use std::ops::Range;

use super::chunks::{Chunk, PAIR, chunks};
use super::dimensions::Dimensions;
use super::dispatch::Dispatch;
use super::elementwise_request::Request;
use super::operation::grid;
use super::request::Operand;
use super::strided::Repeat;
use super::sums_threads::ROWS;
use super::uniforms::{Divisor, Uniforms};
use super::{Kernels, Operation, Slice};
use crate::wgsl::operand::Layout;
use crate::wgsl::{Function, Mapping, SumsKept, WORKGROUP};
use crate::{Dtype, Error};

impl Kernels {
    /// Computes each element of the output from those of the inputs.
    ///
    /// Slices that are aligned to vectors go by pairs of vectors up to the last whole block. The
    /// rest, slices that are not aligned, and on GPUs short ones go by elements. No element outside
    /// of a slice is touched.
    pub(super) fn elementwise(&self, request: &Request<'_>) -> Result<Operation, Error> {
        let outputs = request
            .operands
            .iter()
            .filter(|operand| operand.is_output());
        for output in outputs {
            let expected = request.factor(output) * request.elements;
            Error::check_length(output.argument, output.slice.elements(), expected)?;
        }
        let most = self.most_of(request)?;
        let strided = request.strided();
        let by_vectors = self.goes_by_vectors(request, most, strided.as_ref());
        let has_defaults = request.has_defaults();
        let mut dispatches = Vec::new();
        let chunks = chunks(request.elements, by_vectors, most, self.pairing);
        let chunks = chunks
            .flat_map(|chunk| self.within_bindings(chunk, request, strided.as_ref()))
            .flat_map(|chunk| self.rows_first(chunk, request));
        for Chunk {
            width,
            range,
            by_rows,
        } in chunks
        {
            let most = self.limits.max_storage_buffers_per_shader_stage as usize;
            let groups = request.dispatches(width, most);
            for ((function, operands), output_is_gates) in groups.into_iter().zip(0..) {
                let gate = request
                    .split
                    .map_or(output_is_gates, |split| split.is_gate_first.into());
                // Without vectors each element of a split gradient has a thread.
                let of_threads = if width == 1 {
                    request.scaled(&operands[0], &range)
                } else {
                    range.clone()
                };
                let operands: Vec<_> = operands
                    .into_iter()
                    .map(|operand| {
                        let part = operand.part(&request.scaled(&operand, &range));
                        part.in_units(width, request.part.first, request.repeat)
                    })
                    .collect();
                let run = Divisor::new((request.run() / width).max(1) as u32);
                let uniforms = Uniforms {
                    run,
                    gate,
                    ..request.uniforms(range.start)
                };
                let (workgroups, uniforms) = match by_rows {
                    true => self.threads_of_rows(request, &range, uniforms),
                    false => self.threads(&of_threads, width, operands[0].slice, uniforms),
                };
                dispatches.extend(self.dispatch(Dispatch {
                    function,
                    op: request.op,
                    mapping: match width {
                        4 if by_rows => Mapping::Sums {
                            width: 4,
                            sums: SumsKept::default(),
                            shares_repeated: true,
                            steps: ROWS as u32,
                        },
                        4 => Mapping::Vectors,
                        _ => Mapping::Elements,
                    },
                    has_defaults,
                    operands,
                    uniforms,
                    start: request.part.first + range.start,
                    workgroups,
                })?);
            }
        }
        Ok(Operation { dispatches })
    }

    /// The most elements that one dispatch computes.
    fn most_of(&self, request: &Request<'_>) -> Result<u64, Error> {
        let most = self.most_elements(&request.operands);
        if request.split.is_some() && request.elements > 0 {
            // Whole runs, of which x has twice as many.
            let (run, x) = (
                request.run(),
                request.operands.iter().find(|operand| operand.name == "x"),
            );
            let dtype = x.map_or(Dtype::F32, |x| x.slice.dtype);
            self.check_reach("x", 2 * run, dtype)?;
            return Ok((most / 2 / run).max(1) * run);
        }
        Ok(most / 4 * 4)
    }

    /// Cuts a chunk where the elements of a strided operand lie too far apart for a binding.
    fn within_bindings(
        &self,
        chunk: Chunk,
        request: &Request<'_>,
        strided: Option<&Dimensions>,
    ) -> Vec<Chunk> {
        let Some(strided) = strided else {
            return vec![chunk];
        };
        let Chunk { width, range, .. } = chunk;
        let (first, most) = (request.part.first, self.elements_in_binding());
        let mut chunks = Vec::new();
        let mut start = range.start;
        while start < range.end {
            let end = strided.cut(&(first + start..first + range.end), most) - first;
            chunks.push(Chunk {
                width,
                range: start..end,
                by_rows: false,
            });
            start = end;
        }
        chunks
    }

    fn goes_by_vectors(
        &self,
        request: &Request<'_>,
        most: u64,
        strided: Option<&Dimensions>,
    ) -> bool {
        let elements = request.elements;
        // Chunks that are cut for a strided operand are not made of whole blocks.
        let whole = request.part.first..request.part.first + elements;
        let reaches = |strided: &Dimensions| strided.cut(&whole, self.elements_in_binding());
        let is_cut = strided.is_some_and(|strided| reaches(strided) < whole.end);
        // The four elements of a vector share one call of the random number generator.
        let in_phase = request
            .training
            .is_none_or(|training| training.offset.is_multiple_of(4));
        let mut tensors = request
            .operands
            .iter()
            .filter(|operand| operand.is_tensor());
        // Vectors lie within runs, and chunks of whole runs are made of whole blocks.
        let is_whole = |count: u64| count.is_multiple_of(self.pairing.block());
        let fits_runs = request.split.is_none()
            || request.run().is_multiple_of(4)
                && is_whole(elements)
                && (elements <= most || is_whole(most));
        in_phase
            && !is_cut
            && fits_runs
            && self.pairing.pays_off(elements)
            && tensors.all(|operand| operand.slice.is_aligned())
    }

    /// The elements of a row, if it pays off that a thread computes vectors of several rows: they
    /// share what is repeated in each row, and where it is. It does on software drivers, which have
    /// no unit that divides beside the others, if they unroll the loop. In place it is wrong:
    /// superfluous threads repeat the last one, and would read what that has written.
    fn row(&self, request: &Request<'_>) -> Option<u64> {
        let Repeat { period, inner } = request.repeat;
        let repeats = |operand: &Operand<'_>| {
            operand.layout == Layout::Repeated && operand.slice.elements() > 1
        };
        let is_light =
            matches!(&request.function, Function::Expression(program) if program.is_light());
        let is_in_place = |operand: &Operand<'_>| operand.layout == Layout::InPlace;
        let pays_off = self.pairing.is_software()
            && is_light
            && request.operands.iter().any(repeats)
            && !request.operands.iter().any(is_in_place);
        (pays_off && inner == 1 && period.is_multiple_of(PAIR)).then_some(period)
    }

    /// Cuts off what is made of whole rows for whole threads.
    fn rows_first(&self, chunk: Chunk, request: &Request<'_>) -> Vec<Chunk> {
        let Chunk { width, range, .. } = chunk;
        let end = match self.row(request) {
            Some(row) if width == 4 && (request.part.first + range.start).is_multiple_of(row) => {
                let threads = (range.end - range.start) / (row * ROWS);
                range.start + threads * row * ROWS
            }
            _ => range.start,
        };
        let parts = [(true, range.start..end), (false, end..range.end)];
        let parts = parts.into_iter().filter(|(_, range)| !range.is_empty());
        let chunk = |(by_rows, range)| Chunk {
            width,
            range,
            by_rows,
        };
        parts.map(chunk).collect()
    }

    /// As [`Self::threads`], for threads of several rows.
    fn threads_of_rows(
        &self,
        request: &Request<'_>,
        range: &Range<u64>,
        uniforms: Uniforms,
    ) -> ((u32, u32), Uniforms) {
        let (elements, run) = (range.end - range.start, request.repeat.period / 4);
        let count = (elements / 4 / ROWS) as u32;
        let limit = self.limits.max_compute_workgroups_per_dimension;
        let workgroups = grid(count.div_ceil(WORKGROUP), limit);
        (
            workgroups,
            Uniforms {
                count,
                elements: elements as u32,
                row_width: workgroups.0 * WORKGROUP,
                run: Divisor::new(run as u32),
                stride: (ROWS * run) as u32,
                ..uniforms
            },
        )
    }

    /// The workgroups that compute a range of an output, and the uniforms that tell them so.
    pub(super) fn threads(
        &self,
        range: &Range<u64>,
        width: u64,
        output: Slice<'_>,
        uniforms: Uniforms,
    ) -> ((u32, u32), Uniforms) {
        let elements = range.end - range.start;
        let count = match output.dtype {
            _ if width == 4 => elements / PAIR,
            Dtype::F32 => elements,
            // Words of two elements. The first word may begin with an element outside of the slice.
            half => (output.offset / half.size() % 2 + elements).div_ceil(2),
        };
        let count = count as u32;
        let limit = self.limits.max_compute_workgroups_per_dimension;
        let workgroups = grid(count.div_ceil(WORKGROUP), limit);
        let (row_width, pairing) = (workgroups.0 * WORKGROUP, self.pairing.uniform(count));
        (
            workgroups,
            Uniforms {
                count,
                elements: elements as u32,
                row_width,
                pairing,
                ..uniforms
            },
        )
    }

    /// True if one dispatch can write the gradients of value and gate, which takes five bindings.
    pub(super) fn takes_both_gradients(&self) -> bool {
        self.limits.max_storage_buffers_per_shader_stage >= 5
    }
}

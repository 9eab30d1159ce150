//! The gradient with respect to a parameter: for each of its values a sum over the elements of x
//! that have it. Sums of blocks of terms come first, then sums of blocks of those sums.

use std::ops::Range;
use std::sync::Mutex;

use super::chunks::ranges;
use super::dispatch::Dispatch;
use super::elementwise_request::Request;
use super::error_scope::with_error_scope;
use super::operation::{RecordedDispatch, grid};
use super::reduction_plan::{Group, Plan, Sum, blocks, is_permuted};
use super::request::Operand;
use super::slice::ELEMENT;
use super::uniforms::{Divisor, Uniforms};
use super::{Kernels, Operation, Slice, lock};
use crate::Error;
use crate::wgsl::operand::Layout;
use crate::wgsl::{Mapping, Op, TERMS};

impl Kernels {
    /// Adds the terms of each value of a parameter. The requests are parts of one tensor that lie
    /// in buffers of their own.
    pub(super) fn reduction(
        &self,
        parts: Vec<Request<'_>>,
        parameter: &str,
    ) -> Result<Operation, Error> {
        let parts: Vec<_> = parts
            .into_iter()
            .map(|part| match is_permuted(part.learned(parameter).as_ref()) {
                true => part.without_repeats(),
                false => part,
            })
            .collect();
        let mut dispatches = Vec::new();
        let Some(first) = parts.first() else {
            return Ok(Operation { dispatches });
        };
        let output = first.operands[0];
        let elements = parts.iter().map(|part| part.elements).sum();
        let learned = first.learned(parameter);
        let values = learned.map_or(1, |learned| match learned.layout {
            Layout::Contiguous => elements,
            _ => learned.slice.capacity(),
        });
        output.slice.check_f32(output.argument)?;
        Error::check_length(output.argument, output.slice.elements(), values)?;
        // A workgroup makes a partial sum.
        let workgroups = u64::from(self.limits.max_compute_workgroups_per_dimension).pow(2);
        let most_sums = self.elements_in_binding().min(workgroups);
        if elements == 0 {
            for rows in ranges(0..values, most_sums) {
                let output = output.part(&rows);
                let (rows, length) = (rows.end - rows.start, 0);
                dispatches.extend(self.sums_of_sums(first, output, rows, length)?);
            }
            return Ok(Operation { dispatches });
        }
        let plan = Plan::new(
            first,
            elements,
            learned.as_ref(),
            self.most_packed(&first.operands),
            most_sums,
        )?;
        for Group { rows, chunks } in plan.groups() {
            let chunks = within_parts(&parts, chunks, &plan)?;
            let output = output.part(&rows);
            let rows = rows.end - rows.start;
            let length = chunks
                .iter()
                .map(|(_, range)| blocks(plan.terms(range)))
                .sum();
            let sums = (length > 1)
                .then(|| self.scratch(rows * length))
                .transpose()?;
            let mut first_block = 0;
            for (part, range) in chunks {
                let blocks = blocks(plan.terms(&range));
                let end = (rows - 1) * length + first_block + blocks;
                let to = match &sums {
                    None => output,
                    Some([sums, _]) => partial_sums(sums, &(first_block..end)),
                };
                let sum = Sum {
                    stride: length,
                    ..plan.sum(part, to, &range)?
                };
                dispatches.extend(self.sum(part, sum)?);
                first_block += blocks;
            }
            if sums.is_some() {
                dispatches.extend(self.sums_of_sums(first, output, rows, length)?);
            }
        }
        Ok(Operation { dispatches })
    }

    /// Adds the partial sums of each row, until one sum is left. No terms at all make one sum, too.
    fn sums_of_sums(
        &self,
        request: &Request<'_>,
        output: Operand<'_>,
        rows: u64,
        mut length: u64,
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let mut dispatches = Vec::new();
        let scratch = self.scratch(rows * length)?;
        let [mut from, mut to] = scratch.each_ref();
        while length != 1 {
            let terms = length;
            // A binding takes all rows, or there is only one, which may have to be cut into blocks.
            let (block, most) = match rows {
                1 => {
                    let most = self.elements_in_binding();
                    let block = most.min(u64::from(TERMS));
                    (block, most / block * block)
                }
                _ => (u64::from(TERMS), terms),
            };
            length = terms.div_ceil(block).max(1);
            for range in ranges(0..terms.max(1), most.max(1)) {
                let first_block = range.start / block;
                let of_range = rows * terms.min(range.end) - (rows - 1) * range.start;
                let input = partial_sums(from, &(range.start..of_range.max(range.start + 1)));
                let to = match length {
                    1 => output,
                    _ => partial_sums(to, &(first_block..rows * length)),
                };
                dispatches.extend(self.sum(
                    request,
                    Sum {
                        op: Op::Sum,
                        operands: vec![to, Operand::input("x", input.slice)],
                        start: 0,
                        element: 0,
                        rows,
                        run: 1,
                        length: terms.min(range.end) - range.start,
                        stride: length,
                    },
                )?);
            }
            (from, to) = (to, from);
        }
        Ok(dispatches)
    }

    fn sum(&self, request: &Request<'_>, sum: Sum<'_>) -> Result<Vec<RecordedDispatch>, Error> {
        let Sum {
            op,
            operands,
            start,
            element,
            rows,
            run,
            length,
            stride,
        } = sum;
        let count = (rows * blocks(length).max(1)) as u32;
        let workgroups = grid(count, self.limits.max_compute_workgroups_per_dimension);
        let uniforms = Uniforms {
            count,
            row_width: workgroups.0,
            elements: (rows * length) as u32,
            length: length as u32,
            stride: stride as u32,
            rows: rows as u32,
            run: Divisor::new(run as u32),
            ..request.uniforms(element)
        };
        self.dispatch(Dispatch {
            function: request.function,
            op,
            mapping: Mapping::Pairwise,
            has_defaults: op == Op::Sum || request.has_defaults(),
            operands,
            uniforms,
            start,
            workgroups,
        })
    }

    /// Two buffers of at least so many elements, for partial results between dispatches. All
    /// operations share them: a queue runs one after the other.
    pub(super) fn scratch(&self, elements: u64) -> Result<[wgpu::Buffer; 2], Error> {
        self.reuse_or_create(&self.scratch, elements)
    }

    /// The buffers that are there, if they are large enough, else new ones.
    pub(super) fn reuse_or_create<const N: usize>(
        &self,
        place: &Mutex<Option<[wgpu::Buffer; N]>>,
        elements: u64,
    ) -> Result<[wgpu::Buffer; N], Error> {
        let size = elements * ELEMENT;
        let rounded = size.next_power_of_two().max(1024);
        let size = size.max(rounded.min(self.limits.max_buffer_size));
        let descriptor = wgpu::BufferDescriptor {
            label: Some("wgpu-activations partial sums"),
            size,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        };
        let present = lock(place).clone();
        if let Some(buffers) = present.filter(|buffers| buffers[0].size() >= size) {
            return Ok(buffers);
        }
        // Nothing is locked during calls of wgpu's. Two threads may both make buffers; each keeps
        // its own, and later ones take those that came last.
        let make = || std::array::from_fn(|_| self.device.create_buffer(&descriptor));
        let what = || format!("{size} bytes for partial sums");
        let buffers = with_error_scope(&self.device, what, make)?;
        *lock(place) = Some(buffers.clone());
        Ok(buffers)
    }
}

fn partial_sums<'a>(buffer: &'a wgpu::Buffer, range: &Range<u64>) -> Operand<'a> {
    let slice = Slice::new(buffer, 0, range.end * ELEMENT);
    Operand::output("partial sums", slice).part(range)
}

/// The chunks in their parts of x. A chunk that lies in two parts is cut, if it can be.
fn within_parts<'a, 'b>(
    parts: &'b [Request<'a>],
    chunks: Vec<Range<u64>>,
    plan: &Plan,
) -> Result<Vec<(&'b Request<'a>, Range<u64>)>, Error> {
    let mut within = Vec::new();
    let first = parts.first().map_or(0, |part| part.part.first);
    for range in chunks {
        let range = first + range.start..first + range.end;
        let mut start = range.start;
        while start < range.end {
            let end_of = |part: &Request<'_>| part.part.first + part.elements;
            let part = parts.iter().find(|part| start < end_of(part));
            let Some(part) = part else { break };
            let end = end_of(part).min(range.end);
            if end < range.end && !plan.can_cut(end - range.start) {
                return Err(Error::several_buffers("x", parts.len()));
            }
            within.push((part, start..end));
            start = end;
        }
    }
    Ok(within)
}

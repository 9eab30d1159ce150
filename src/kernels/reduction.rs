//! Sums over all elements of a channel: of blocks of terms, then of blocks of those sums.

use std::ops::Range;
use std::sync::Mutex;

use super::chunks::ranges;
use super::dispatch::Dispatch;
use super::elementwise_request::Request;
use super::error_scope::with_error_scope;
use super::operation::{RecordedDispatch, grid};
use super::request::Operand;
use super::slice::ELEMENT;
use super::uniforms::{Divisor, Uniforms};
use super::{Kernels, Operation, Slice, lock};
use crate::Error;
use crate::wgsl::operand::Layout;
use crate::wgsl::{Mapping, Op, TERMS};

/// One dispatch of a reduction.
struct Sum<'a> {
    op: Op,
    operands: Vec<Operand<'a>>,
    /// The index of the first element, if inputs are views.
    start: u64,
    /// The terms in one row.
    length: u64,
    /// The sums in one row of the output.
    stride: u64,
}

impl Kernels {
    /// Adds the terms of each value of a parameter: first blocks of terms, then blocks of sums,
    /// until one sum is left. The requests are parts of one tensor that lie in buffers of their
    /// own.
    pub(super) fn reduction(
        &self,
        parts: &[Request<'_>],
        parameter: &str,
    ) -> Result<Operation, Error> {
        let Some(first) = parts.first() else {
            return Ok(Operation { dispatches: vec![] });
        };
        let output = first.operands[0];
        let learned = first
            .operands
            .iter()
            .find(|operand| operand.layout == Layout::PerChannel && operand.name == parameter);
        let is_one = learned.is_none_or(|learned| learned.slice.elements() == 1);
        let (rows, run) = if is_one { (1, 1) } else { first.channels };
        output.slice.check_f32(output.argument)?;
        Error::check_length(output.argument, output.slice.elements(), rows)?;
        let (channels, inner) = first.channels;
        let (turn, most) = (channels * inner, self.elements_in_binding());
        let x = first.operands.iter().find(|operand| operand.name == "x");
        self.check_reach("x", turn, x.map_or(output, |x| *x).slice.dtype)?;

        let blocks =
            |range: &Range<u64>| ((range.end - range.start) / rows).div_ceil(u64::from(TERMS));
        let chunks: Vec<_> = parts
            .iter()
            .flat_map(|part| {
                ranges(0..part.elements, most / turn * turn).map(move |range| (part, range))
            })
            .collect();
        let mut length: u64 = chunks.iter().map(|(_, range)| blocks(range)).sum();
        let scratch = self.scratch(rows * length)?;
        let [mut from, mut to] = scratch.each_ref();
        let partial_sums = |buffer, terms: u64| {
            Operand::output(
                "partial sums",
                Slice::new(buffer, 0, (rows * terms).max(1) * ELEMENT),
            )
        };
        let mut dispatches = Vec::new();
        let mut first_block = 0;
        for (part, range) in &chunks {
            let to = match length {
                1 => output,
                _ => partial_sums(to, length).part(&(first_block..rows * length)),
            };
            let inputs = part
                .operands
                .iter()
                .skip(1)
                .map(|operand| operand.part(range));
            let sum = Sum {
                op: part.op,
                operands: [to].into_iter().chain(inputs).collect(),
                start: range.start,
                length: (range.end - range.start) / rows,
                stride: length,
            };
            dispatches.extend(self.sum(part, sum, (rows, run))?);
            first_block += blocks(range);
        }
        // No terms at all still make one sum.
        while length != 1 {
            (from, to) = (to, from);
            let terms = length;
            length = terms.div_ceil(u64::from(TERMS)).max(1);
            let input = Operand::input("x", partial_sums(from, terms).slice);
            let to = if length == 1 {
                output
            } else {
                partial_sums(to, length)
            };
            let operands = vec![to, input];
            let sum = Sum {
                op: Op::Sum,
                operands,
                start: 0,
                length: terms,
                stride: length,
            };
            dispatches.extend(self.sum(first, sum, (rows, run))?);
        }
        Ok(Operation { dispatches })
    }

    fn sum(
        &self,
        request: &Request<'_>,
        sum: Sum<'_>,
        (rows, run): (u64, u64),
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let Sum {
            op,
            operands,
            start,
            length,
            stride,
        } = sum;
        let count = (rows * length.div_ceil(u64::from(TERMS)).max(1)) as u32;
        let workgroups = grid(count, self.limits.max_compute_workgroups_per_dimension);
        let uniforms = Uniforms {
            count,
            row_width: workgroups.0,
            length: length as u32,
            stride: stride as u32,
            rows: rows as u32,
            run: Divisor::new(run as u32),
            ..request.uniforms(0)
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
        let size = (elements * ELEMENT).next_power_of_two().max(1024);
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

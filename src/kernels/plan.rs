//! From slices to dispatches: how large work is cut into bindings and vectors.

use std::ops::Range;

use super::call::{Call, Views};
use super::gather::MOST_GATHERED;
use super::job::{Job, Operand};
use super::layout::views;
use super::operation::{Step, grid};
use super::pairs::{PAIR, Pairs};
use super::slice::ELEMENT;
use super::{Kernels, Operation, Slice, lock};
use crate::wgsl::storage::{
    CALL, GATE, GATHERED, GRAD_GATE, GRAD_OUTPUT, LEARNED, OUTPUT, TANGENT, VIEWS as VIEWS_BINDING,
    X,
};
use crate::wgsl::{Module, WORKGROUP};
use crate::{Dtype, Error};

/// One dispatch.
pub(super) struct Dispatch<'a> {
    pub(super) module: Module,
    pub(super) entry_point: &'static str,
    pub(super) call: Call,
    pub(super) parts: Vec<Operand<'a>>,
    /// Elements of a unit of the kernel's bindings.
    pub(super) width: u64,
    /// Index of the first element, where inputs are views.
    pub(super) start: u64,
    pub(super) workgroups: (u32, u32),
}

impl Kernels {
    /// A pass that writes one element for each that it reads.
    ///
    /// Slices that are aligned to vectors go by pairs of them up to the last whole one; what is left, slices that are not
    /// aligned, and on GPUs short ones go by elements: nothing outside a slice is touched.
    pub(super) fn elementwise(&self, job: &Job<'_>) -> Result<Operation, Error> {
        let elements = job.x().elements();
        job.check_output(elements)?;
        let operands: Vec<_> = job.reads.iter().chain([&job.output]).copied().collect();
        // The four elements of a vector share what the generator gives at once.
        let in_phase = job
            .training
            .is_none_or(|training| training.offset.is_multiple_of(4));
        let is_aligned = operands.iter().all(|operand| operand.slice.is_aligned());
        let by_vectors = in_phase && is_aligned && self.pairs.are_worth_it(elements);
        let module = job.module();
        let parameters: Vec<_> = job.parameters().collect();
        let bindings = operands
            .iter()
            .chain(&parameters)
            .map(|operand| operand.binding);
        let mut most = self.elements_in_binding();
        if self.first_gathered(bindings) == Some(TANGENT) {
            // With the parameters in one binding.
            let of_parameters: u64 = parameters
                .iter()
                .map(|parameter| parameter.slice.elements())
                .sum();
            most = most.saturating_sub(of_parameters).min(MOST_GATHERED);
        }
        let mut steps = Vec::new();
        for Piece { width, range } in cut(elements, by_vectors, most / 4 * 4, self.pairs) {
            let parts = operands
                .iter()
                .map(|operand| operand.part(&range))
                .chain(parameters.iter().copied())
                .collect();
            let (threads, call) = self.threads(
                &range,
                width,
                job.output.part(&range).slice,
                job.call(range.start),
            );
            steps.extend(self.dispatch(Dispatch {
                module,
                entry_point: if width == 4 { "vectors" } else { "elements" },
                call,
                parts,
                width,
                start: range.start,
                workgroups: threads,
            })?);
        }
        Ok(Operation { steps })
    }

    /// The workgroups for so many elements of an output, and the call that tells the kernel.
    pub(super) fn threads(
        &self,
        range: &Range<u64>,
        width: u64,
        output: Slice<'_>,
        call: Call,
    ) -> ((u32, u32), Call) {
        let elements = range.end - range.start;
        let count = match output.dtype {
            _ if width == 4 => elements / PAIR,
            Dtype::F32 => elements,
            // Words of two elements, of which the first may begin with one of somebody else's.
            half => (output.offset / half.size() % 2 + elements).div_ceil(2),
        };
        let count = count as u32;
        let workgroups = grid(
            count.div_ceil(WORKGROUP),
            self.limits.max_compute_workgroups_per_dimension,
        );
        let row = workgroups.0 * WORKGROUP;
        (
            workgroups,
            Call {
                count,
                elements: elements as u32,
                row,
                pairs: self.pairs.in_call(count),
                ..call
            },
        )
    }

    /// One dispatch with a binding for each part: the kernel, the uniforms and the bindings.
    pub(super) fn step(&self, dispatch: Dispatch<'_>) -> Result<Step, Error> {
        let Dispatch {
            module,
            entry_point,
            mut call,
            parts,
            width,
            start,
            workgroups,
        } = dispatch;
        let alignment = u64::from(self.limits.min_storage_buffer_offset_alignment);
        let mut bindings = Vec::with_capacity(8);
        let (mut layouts, mut gathered) = ([None; 4], None);
        for &Operand {
            binding,
            argument,
            slice,
        } in &parts
        {
            let Slice {
                buffer,
                offset,
                size,
                dtype,
                layout,
            } = slice;
            if let Some(layout) = layout {
                self.check_reach(argument, layout.reach() + 1, dtype)?;
                let position = [X, GRAD_OUTPUT, TANGENT, GATE]
                    .iter()
                    .position(|&read| read == binding)
                    .unwrap_or(0);
                layouts[position] = Some(layout);
            }
            let is_gathered = module.storages[binding as usize].is_gathered;
            let (rest, width) = if is_gathered {
                (offset, 1)
            } else {
                (offset % alignment, width)
            };
            let (field, width) = match binding {
                X => (&mut call.x, width),
                GRAD_OUTPUT => (&mut call.grad_output, width),
                OUTPUT => (&mut call.output, width),
                TANGENT => (&mut call.tangent, width),
                GATE => (&mut call.gate, width),
                GRAD_GATE => (&mut call.grad_gate, width),
                learned => (&mut call.learned[(learned - LEARNED) as usize], 1),
            };
            *field = (rest / (width * dtype.size())) as u32;
            if is_gathered {
                gathered = Some((GATHERED, buffer, 0, offset + size));
                continue;
            }
            let reach = layout.map_or(size, |layout| (layout.reach() + 1) * dtype.size());
            bindings.push((
                binding,
                buffer,
                offset - rest,
                (rest + reach).next_multiple_of(ELEMENT),
            ));
        }
        bindings.extend(gathered);
        let kernel = self.kernel(module, entry_point)?;
        let write = |bytes: &[u8]| lock(&self.calls).write(&self.device, &self.queue, bytes);
        let (uniform, offset) = write(bytemuck::bytes_of(&call))?;
        bindings.push((CALL, &uniform, offset, size_of::<Call>() as u64));
        let views = if layouts == [None; 4] {
            None
        } else {
            let start = u32::try_from(start).map_err(|_| self.too_large("x", start, Dtype::F32))?;
            Some(write(bytemuck::bytes_of(&views(&layouts, start)))?)
        };
        if let Some((uniform, offset)) = &views {
            bindings.push((VIEWS_BINDING, uniform, *offset, size_of::<Views>() as u64));
        }

        let arguments = || {
            parts
                .iter()
                .map(|part| (part.argument, part.slice.buffer))
                .collect()
        };
        let bind_group = self.bind(&kernel, &bindings, arguments)?;
        Ok(Step {
            kernel,
            bind_group,
            workgroups,
        })
    }

    /// Refuses what lies further apart than one binding reaches.
    pub(super) fn check_reach(
        &self,
        argument: &'static str,
        elements: u64,
        dtype: Dtype,
    ) -> Result<(), Error> {
        if elements > self.elements_in_binding() {
            Err(self.too_large(argument, elements, dtype))
        } else {
            Ok(())
        }
    }

    fn too_large(&self, argument: &'static str, elements: u64, dtype: Dtype) -> Error {
        let most = self.elements_in_binding() * dtype.size();
        Error::TooLarge {
            argument,
            bytes: elements.saturating_mul(dtype.size()),
            most,
        }
    }

    /// The most elements that one binding takes from any offset, of any type.
    pub(super) fn elements_in_binding(&self) -> u64 {
        let wgpu::Limits {
            max_storage_buffer_binding_size,
            min_storage_buffer_offset_alignment,
            ..
        } = self.limits;
        max_storage_buffer_binding_size
            .saturating_sub(u64::from(min_storage_buffer_offset_alignment))
            / ELEMENT
    }
}

/// What one dispatch computes: elements, or pairs of vectors of four.
pub(super) struct Piece {
    pub(super) width: u64,
    pub(super) range: Range<u64>,
}

/// The elements of a tensor, cut into dispatches of at most so many: by pairs of vectors as far as there are whole blocks, if it can
/// be, and the rest one by one.
pub(super) fn cut(
    elements: u64,
    by_vectors: bool,
    most: u64,
    pairs: Pairs,
) -> impl Iterator<Item = Piece> {
    let block = pairs.block();
    let whole = if by_vectors && most >= block {
        elements / block * block
    } else {
        0
    };
    let ranges = [
        (4, 0..whole, most / block * block),
        (1, whole..elements, most),
    ]
    .into_iter();
    ranges.flat_map(|(width, range, most)| {
        pieces(range, most).map(move |range| Piece { width, range })
    })
}

/// A range in pieces of at most so many elements.
pub(super) fn pieces(range: Range<u64>, most: u64) -> impl Iterator<Item = Range<u64>> {
    range
        .clone()
        .step_by(most.max(1) as usize)
        .map(move |start| start..range.end.min(start + most))
}

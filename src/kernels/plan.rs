//! From slices to dispatches: how large work is cut into bindings and vectors.

use std::ops::Range;

use super::call::Call;
use super::job::{CALL, GATE, GRAD_GATE, GRAD_OUTPUT, Job, OUTPUT, Operand, TANGENT, X};
use super::operation::{Step, grid};
use super::slice::ELEMENT;
use super::{Kernels, Operation, Slice, lock};
use crate::Error;
use crate::wgsl::{Module, WORKGROUP, learned_binding};

/// One dispatch.
pub(super) struct Dispatch<'a> {
    pub(super) module: Module,
    pub(super) entry_point: &'static str,
    pub(super) call: Call,
    pub(super) parts: Vec<Operand<'a>>,
    /// Bytes of what the kernel's bindings are arrays of.
    pub(super) unit: u64,
    pub(super) workgroups: (u32, u32),
}

/// The entry points of an elementwise kernel: four elements a thread, and one.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryPoints {
    vectors: &'static str,
    elements: &'static str,
}

pub(super) const SEPARATE: EntryPoints = EntryPoints { vectors: "vectors", elements: "elements" };
pub(super) const IN_PLACE: EntryPoints = EntryPoints { vectors: "vectors_in_place", elements: "elements_in_place" };

impl Kernels {
    /// A pass that writes one element for each that it reads.
    ///
    /// Slices that are aligned to vectors go by vectors up to the last whole one; what is left, and slices that are not
    /// aligned, go by elements: nothing outside a slice is touched.
    pub(super) fn elementwise(&self, job: &Job<'_>, entry_points: EntryPoints) -> Result<Operation, Error> {
        let elements = job.x().elements();
        job.check_output(elements)?;
        let operands: Vec<_> = job.reads.iter().chain([&job.output]).copied().collect();
        let aligned = operands.iter().all(|operand| operand.slice.offset.is_multiple_of(4 * ELEMENT));
        // The four elements of a vector share what the generator gives at once.
        let in_phase = job.training.is_none_or(|training| training.offset.is_multiple_of(4));
        let whole = if aligned && in_phase { elements / 4 * 4 } else { 0 };

        let mut steps = Vec::new();
        for (entry_point, width, range) in
            [(entry_points.vectors, 4, 0..whole), (entry_points.elements, 1, whole..elements)]
        {
            for piece in pieces(range, self.elements_in_binding() / 4 * 4) {
                let count = ((piece.end - piece.start) / width) as u32;
                let workgroups = grid(count.div_ceil(WORKGROUP), self.limits.max_compute_workgroups_per_dimension);
                let call = Call { count, row: workgroups.0 * WORKGROUP, ..job.call(piece.start) };
                let parts = operands.iter().map(|operand| operand.part(&piece)).chain(job.parameters()).collect();
                let unit = width * ELEMENT;
                steps.push(self.step(Dispatch {
                    module: job.module(job.pass),
                    entry_point,
                    call,
                    parts,
                    unit,
                    workgroups,
                })?);
            }
        }
        Ok(job.operation(steps))
    }

    /// One dispatch: the kernel, the uniform and the bindings.
    pub(super) fn step(&self, dispatch: Dispatch<'_>) -> Result<Step, Error> {
        let Dispatch { module, entry_point, mut call, parts, unit, workgroups } = dispatch;
        let alignment = u64::from(self.limits.min_storage_buffer_offset_alignment);
        let mut bindings = Vec::with_capacity(8);
        for &Operand { binding, slice: Slice { buffer, offset, size }, .. } in &parts {
            let rest = offset % alignment;
            let (field, unit) = match binding {
                X => (&mut call.x, unit),
                GRAD_OUTPUT => (&mut call.grad_output, unit),
                OUTPUT => (&mut call.output, unit),
                TANGENT => (&mut call.tangent, unit),
                GATE => (&mut call.gate, unit),
                GRAD_GATE => (&mut call.grad_gate, unit),
                learned => (&mut call.learned[(learned - learned_binding(0)) as usize], ELEMENT),
            };
            *field = (rest / unit) as u32;
            bindings.push((binding, buffer, offset - rest, rest + size));
        }
        let pipeline = self.pipeline(module, entry_point)?;
        let (uniform, offset) = lock(&self.calls).write(&self.device, &self.queue, bytemuck::bytes_of(&call))?;
        bindings.push((CALL, &uniform, offset, size_of::<Call>() as u64));

        let bind_group = self.bind(&module.label(), &pipeline, &bindings)?;
        Ok(Step { pipeline, bind_group, workgroups })
    }

    /// The most elements that one binding takes from any offset.
    pub(super) fn elements_in_binding(&self) -> u64 {
        let wgpu::Limits { max_storage_buffer_binding_size, min_storage_buffer_offset_alignment, .. } = self.limits;
        max_storage_buffer_binding_size.saturating_sub(u64::from(min_storage_buffer_offset_alignment)) / ELEMENT
    }
}

/// A range in pieces of at most so many elements.
pub(super) fn pieces(range: Range<u64>, most: u64) -> impl Iterator<Item = Range<u64>> {
    range.clone().step_by(most.max(1) as usize).map(move |start| start..range.end.min(start + most))
}

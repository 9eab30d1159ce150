//! From slices to dispatches: checks, and how large work is cut into bindings, vectors and blocks.

use std::ops::Range;

use super::call::{Call, Divisor};
use super::operation::{Step, grid};
use super::scope::caught;
use super::slice::ELEMENT;
use super::{Kernels, Learned, Operation, Slice, lock};
use crate::wgsl::{Pass, TERMS, WORKGROUP};
use crate::{Activation, Error};

/// The bindings of `shaders/kernels/`.
const CALL: u32 = 0;
const X: u32 = 1;
const GRAD_OUTPUT: u32 = 2;
const OUTPUT: u32 = 3;
const LEARNED: u32 = 4;

/// A slice, and which argument of the caller's it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand<'a> {
    argument: &'static str,
    binding: u32,
    slice: Slice<'a>,
}

impl<'a> Operand<'a> {
    pub(super) fn x(slice: Slice<'a>) -> Self {
        Self { argument: "x", binding: X, slice }
    }

    pub(super) fn grad_output(slice: Slice<'a>) -> Self {
        Self { argument: "grad_output", binding: GRAD_OUTPUT, slice }
    }

    pub(super) fn output(argument: &'static str, slice: Slice<'a>) -> Self {
        Self { argument, binding: OUTPUT, slice }
    }

    fn learned(learned: Learned<'a>) -> Self {
        Self { argument: "weight", binding: LEARNED, slice: learned.values }
    }

    /// The elements of a range.
    fn part(self, range: &Range<u64>) -> Self {
        let Slice { buffer, offset, .. } = self.slice;
        Self { slice: Slice::new(buffer, offset + range.start * ELEMENT, (range.end - range.start) * ELEMENT), ..self }
    }
}

/// What a caller asks for.
pub(super) struct Job<'a> {
    pub(super) activation: Activation,
    pub(super) pass: Pass,
    pub(super) learned: Option<Learned<'a>>,
    pub(super) reads: Vec<Operand<'a>>,
    pub(super) output: Operand<'a>,
}

impl<'a> Job<'a> {
    /// Checks all that can be checked before wgpu is asked.
    fn check(&self) -> Result<(), Error> {
        self.activation.checked()?;
        let wanted = self.learned.is_some() || self.pass == Pass::BackwardParameter;
        if wanted && self.activation.learnable().is_none() {
            return Err(Error::NotLearned { activation: self.activation.info().name });
        }
        let parameter = self.learned.map(Operand::learned);
        for operand in self.reads.iter().chain([&self.output]).chain(&parameter) {
            operand.slice.check(operand.argument)?;
        }
        if let Some(input) =
            self.reads.iter().chain(&parameter).find(|input| input.slice.buffer == self.output.slice.buffer)
        {
            return Err(Error::SameBuffer { output: self.output.argument, input: input.argument });
        }
        let x = self.x().elements();
        if let Some(other) = self.reads.iter().find(|operand| operand.slice.elements() != x) {
            return Err(Error::Length { argument: other.argument, actual: other.slice.elements(), expected: x });
        }
        self.learned.map_or(Ok(()), |learned| learned.check(self.x()))
    }

    fn check_output(&self, expected: u64) -> Result<(), Error> {
        let actual = self.output.slice.elements();
        if actual == expected {
            Ok(())
        } else {
            Err(Error::Length { argument: self.output.argument, actual, expected })
        }
    }

    /// The slice of x; in place that is the output.
    fn x(&self) -> Slice<'a> {
        self.reads.first().unwrap_or(&self.output).slice
    }

    fn operation(&self, steps: Vec<Step>) -> Operation {
        Operation { label: super::label(self.activation, self.pass), steps }
    }

    /// The call that all dispatches of this job start from.
    fn call(&self) -> Call {
        let learned = self.learned.map_or((1, 1), |learned| (learned.inner, learned.values.elements()));
        Call {
            inner: Divisor::new(learned.0 as u32),
            channels: Divisor::new(learned.1 as u32),
            parameters: self.activation.values(),
            ..Call::default()
        }
    }
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
        job.check()?;
        let elements = job.x().elements();
        job.check_output(elements)?;
        let operands: Vec<_> = job.reads.iter().chain([&job.output]).copied().collect();
        let aligned = operands.iter().all(|operand| operand.slice.offset.is_multiple_of(4 * ELEMENT));
        let whole = if aligned { elements / 4 * 4 } else { 0 };
        let turn = job.learned.map_or(1, |learned| learned.inner * learned.values.elements());

        let mut steps = Vec::new();
        for (entry_point, width, range) in
            [(entry_points.vectors, 4, 0..whole), (entry_points.elements, 1, whole..elements)]
        {
            for piece in pieces(range, self.elements_in_binding() / 4 * 4) {
                let count = ((piece.end - piece.start) / width) as u32;
                let call = Call { count, first: (piece.start % turn) as u32, ..job.call() };
                let parts: Vec<_> = operands.iter().map(|operand| operand.part(&piece)).collect();
                let grid = grid(count.div_ceil(WORKGROUP), self.limits.max_compute_workgroups_per_dimension);
                let call = Call { row: grid.0 * WORKGROUP, ..call };
                steps.push(self.step(job, job.pass, entry_point, call, &parts, width * ELEMENT, grid)?);
            }
        }
        Ok(job.operation(steps))
    }

    /// A pass that adds up one row of terms for each channel: blocks of terms first, then the blocks' sums, until one
    /// is left.
    pub(super) fn reduction(&self, job: &Job<'_>) -> Result<Operation, Error> {
        job.check()?;
        let learned = job.learned.ok_or(Error::MissingWeight)?;
        let channels = learned.values.elements();
        job.check_output(channels)?;
        let (elements, turn, most) = (job.x().elements(), channels * learned.inner, self.elements_in_binding());
        if turn > most {
            return Err(Error::TooLarge { argument: "x", bytes: turn * ELEMENT, most: most * ELEMENT });
        }

        let blocks = |range: &Range<u64>| ((range.end - range.start) / channels).div_ceil(u64::from(TERMS));
        let pieces: Vec<_> = pieces(0..elements, most / turn * turn).collect();
        let mut length: u64 = pieces.iter().map(blocks).sum();
        let [mut from, mut to] = self.scratch(channels * length)?;
        let mut steps = Vec::new();
        let mut first_block = 0;
        for piece in &pieces {
            let output = if length == 1 {
                job.output
            } else {
                Operand::output("scratch", Slice::from(&to)).part(&(first_block..channels * length))
            };
            let parts: Vec<_> = job.reads.iter().map(|operand| operand.part(piece)).chain([output]).collect();
            let terms = (piece.end - piece.start) / channels;
            steps.push(self.sum(job, job.pass, &parts, channels, terms, length)?);
            first_block += blocks(piece);
        }
        while length > 1 || pieces.is_empty() && steps.is_empty() {
            (from, to) = (to, from);
            let terms = length;
            length = terms.div_ceil(u64::from(TERMS)).max(1);
            let rows = Slice::new(&from, 0, (channels * terms * ELEMENT).max(ELEMENT));
            let output = if length == 1 { job.output } else { Operand::output("scratch", Slice::from(&to)) };
            steps.push(self.sum(job, Pass::Sum, &[Operand::x(rows), output], channels, terms, length)?);
        }
        Ok(job.operation(steps))
    }

    /// One dispatch of a reduction: `rows` rows of `length` terms to rows of results, `stride` apart.
    fn sum(
        &self,
        job: &Job<'_>,
        pass: Pass,
        parts: &[Operand<'_>],
        rows: u64,
        length: u64,
        stride: u64,
    ) -> Result<Step, Error> {
        let count = (rows * length.div_ceil(u64::from(TERMS)).max(1)) as u32;
        let grid = grid(count, self.limits.max_compute_workgroups_per_dimension);
        let call = Call { count, row: grid.0, length: length as u32, stride: stride as u32, ..job.call() };
        self.step(job, pass, "blocks", call, parts, ELEMENT, grid)
    }

    /// One dispatch: the kernel, the uniform and the bindings.
    fn step(
        &self,
        job: &Job<'_>,
        pass: Pass,
        entry_point: &'static str,
        mut call: Call,
        parts: &[Operand<'_>],
        unit: u64,
        grid: (u32, u32),
    ) -> Result<Step, Error> {
        let learned = job.learned.filter(|_| pass != Pass::Sum);
        let parameter = learned.map(Operand::learned);
        let alignment = u64::from(self.limits.min_storage_buffer_offset_alignment);
        let mut bindings = Vec::with_capacity(5);
        for &Operand { binding, slice: Slice { buffer, offset, size }, .. } in parts.iter().chain(&parameter) {
            let rest = offset % alignment;
            let (field, unit) = match binding {
                X => (&mut call.x, unit),
                GRAD_OUTPUT => (&mut call.grad_output, unit),
                OUTPUT => (&mut call.output, unit),
                _ => (&mut call.learned, ELEMENT),
            };
            *field = (rest / unit) as u32;
            bindings.push((binding, buffer, offset - rest, rest + size));
        }
        let pipeline = self.pipeline(job.activation, pass, learned.and(job.activation.learnable()), entry_point)?;
        let (uniform, offset) = lock(&self.calls).write(&self.device, &self.queue, &call)?;
        bindings.push((CALL, &uniform, offset, size_of::<Call>() as u64));

        let entries: Vec<_> = bindings
            .iter()
            .map(|&(binding, buffer, offset, size)| wgpu::BindGroupEntry {
                binding,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer,
                    offset,
                    size: wgpu::BufferSize::new(size),
                }),
            })
            .collect();
        let label = super::label(job.activation, pass);
        let bind_group = caught(
            &self.device,
            || format!("the buffers of `{label}`"),
            || {
                self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                    label: Some(&label),
                    layout: &pipeline.get_bind_group_layout(0),
                    entries: &entries,
                })
            },
        )?;
        Ok(Step { pipeline, bind_group, workgroups: grid })
    }

    /// The most elements that one binding takes from any offset.
    fn elements_in_binding(&self) -> u64 {
        let wgpu::Limits { max_storage_buffer_binding_size, min_storage_buffer_offset_alignment, .. } = self.limits;
        (max_storage_buffer_binding_size - u64::from(min_storage_buffer_offset_alignment)) / ELEMENT
    }

    /// Two buffers of at least so many elements for what lies between the dispatches of a reduction. All operations
    /// share them: a queue runs one after the other.
    fn scratch(&self, elements: u64) -> Result<[wgpu::Buffer; 2], Error> {
        let size = (elements * ELEMENT).next_power_of_two().max(1024);
        let mut kept = lock(&self.scratch);
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
            _ => caught(&self.device, || format!("{size} bytes for partial sums"), || [make(), make()])?,
        };
        *kept = Some(buffers.clone());
        Ok(buffers)
    }
}

/// A range in pieces of at most so many elements.
fn pieces(range: Range<u64>, most: u64) -> impl Iterator<Item = Range<u64>> {
    range.clone().step_by(most.max(1) as usize).map(move |start| start..range.end.min(start + most))
}

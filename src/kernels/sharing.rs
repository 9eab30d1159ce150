//! Inputs and outputs that lie in one buffer.
//!
//! WebGPU takes a buffer of a dispatch either as read or as written, and what is written must not
//! overlap in its bindings, which begin at multiples of up to 256 bytes. So inputs that share a
//! buffer with an output are bound as that is. What would overlap is staged: copied into a buffer
//! of this crate's before the dispatch and, if it is an output, back after it. That is the fate of
//! small tensors, and of few dispatches of large ones.

use std::ops::Range;

use super::dispatch::Dispatch;
use super::operation::{RecordedDispatch, grid};
use super::request::Operand;
use super::slice::ELEMENT;
use super::uniforms::Uniforms;
use super::{Kernels, Slice};
use crate::wgsl::operand::Layout;
use crate::wgsl::{KernelKey, Mapping, WORKGROUP};
use crate::{Dtype, Error};

/// No device asks bindings to be aligned to more bytes.
const ALIGNMENT: u64 = 256;

/// The way in which an operand is bound.
#[derive(Clone, Copy, PartialEq)]
enum Binding {
    /// As it is read or written.
    Usual,
    /// Read, but bound as what is written.
    BesideOutput,
    Staged,
}

impl Kernels {
    /// True if parts of some operands may have to be staged, since they follow each other in a
    /// buffer that is written.
    pub(super) fn has_neighbours(&self, operands: &[Operand<'_>]) -> bool {
        let bindings = |bound: &[Operand<'_>]| {
            bindings(bound, |_, operand| {
                let Range { start, end } = operand.slice.bytes();
                start / ALIGNMENT * ALIGNMENT..end
            })
        };
        shares(operands) && bindings(operands).contains(&Binding::Staged)
    }

    /// As `bind`, for operands of which some may lie in the same buffer as an output.
    pub(super) fn bind_apart(
        &self,
        dispatch: Dispatch<'_>,
        first_packed: Option<usize>,
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let bound = first_packed.unwrap_or(dispatch.operands.len());
        if !shares(&dispatch.operands[..bound]) {
            return Ok(vec![self.bind(dispatch, first_packed)?]);
        }
        let Dispatch {
            operands,
            uniforms,
            start,
            ..
        } = &dispatch;
        let elements = u64::from(uniforms.elements);
        let strided = self.strided(operands, *start, elements, first_packed)?;
        let bindings = bindings(&operands[..bound], |k, operand| {
            self.place(k, operand, strided.as_ref()).bound()
        });
        let is_staged = |k: usize| bindings.get(k) == Some(&Binding::Staged);

        // Inputs have one buffer, and outputs another: the same rule holds for these.
        let (mut slices, mut ends) = (vec![None; operands.len()], [0, 0]);
        for (k, operand) in operands.iter().enumerate().filter(|&(k, _)| is_staged(k)) {
            // A copy has the type of the operand, since a kernel of 16 bits has its own arithmetic.
            let dtype = operand.slice.dtype;
            let rest = match operand.slice.layout {
                Some(_) => 0,
                // In whole words, a 16-bit element may be the second one.
                None => operand.slice.offset % ELEMENT,
            };
            let end = &mut ends[usize::from(operand.is_output())];
            let (offset, size) = (*end + rest, dispatch.elements(operand) * dtype.size());
            *end = (offset + size).next_multiple_of(ALIGNMENT);
            slices[k] = Some((offset, size, dtype));
        }
        let buffers = self.reuse_or_create(&self.staged, ends[0].max(ends[1]) / ELEMENT)?;

        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut apart = Vec::with_capacity(operands.len());
        for (k, &operand) in operands.iter().enumerate() {
            let Some((offset, size, dtype)) = slices[k] else {
                let is_beside_output = bindings.get(k) == Some(&Binding::BesideOutput);
                apart.push(Operand {
                    is_beside_output,
                    ..operand
                });
                continue;
            };
            let buffer = &buffers[usize::from(operand.is_output())];
            let staged = Slice::new(buffer, offset, size).with_dtype(dtype);
            let unit = match operand.slice.layout {
                Some(_) => {
                    before.push(self.copy_elements(operand, *start, staged)?);
                    vector_width(dispatch.mapping)
                }
                None => {
                    before.push(self.copy_words(operand.argument, operand.slice, staged)?);
                    operand.unit
                }
            };
            if operand.is_output() {
                after.push(self.copy_words(operand.argument, staged, operand.slice)?);
            }
            apart.push(operand.copied(staged, unit));
        }
        let dispatch = Dispatch {
            operands: apart,
            ..dispatch
        };
        let bound = self.bind(dispatch, first_packed)?;
        Ok([before, vec![bound], after].concat())
    }

    /// Copies the elements of an argument as they are, to a place at the same distance from a word.
    pub(super) fn copy_words(
        &self,
        argument: &str,
        from: Slice<'_>,
        to: Slice<'_>,
    ) -> Result<RecordedDispatch, Error> {
        const HALF: u64 = Dtype::F16.size();
        let [first, end] = [0, to.size].map(|byte| (to.offset % ELEMENT + byte) / HALF);
        let count = words(to).elements() as u32;
        let limit = self.limits.max_compute_workgroups_per_dimension;
        let workgroups = grid(count.div_ceil(WORKGROUP), limit);
        let KernelKey {
            function,
            op,
            mapping,
            has_defaults,
            ..
        } = KernelKey::copy();
        let operands = [
            Operand::output("output", words(to)),
            Operand::input("x", words(from)),
        ];
        let operands = operands.map(|operand| Operand {
            argument,
            ..operand.laid_out(Layout::Words)
        });
        let dispatch = Dispatch {
            function,
            op,
            mapping,
            has_defaults,
            operands: operands.to_vec(),
            uniforms: Uniforms {
                count,
                row_width: workgroups.0 * WORKGROUP,
                start: first as u32,
                length: end as u32,
                ..Uniforms::default()
            },
            start: 0,
            workgroups,
        };
        self.bind(dispatch, None)
    }
}

/// True if an output lies in the same buffer as another operand.
fn shares(operands: &[Operand<'_>]) -> bool {
    let bound = || {
        operands
            .iter()
            .enumerate()
            .filter(|(_, operand)| is_bound(operand))
    };
    let mut outputs = bound().filter(|(_, operand)| operand.is_output());
    outputs.any(|(k, output)| {
        let mut others = bound().filter(|&(other, _)| other != k);
        others.any(|(_, other)| other.slice.buffer == output.slice.buffer)
    })
}

/// What is read in place has the binding of the output.
fn is_bound(operand: &Operand<'_>) -> bool {
    operand.layout != Layout::InPlace
}

/// How each operand is bound, if bindings have these bytes. Outputs come first, so that as few as
/// can be are staged, which are copied twice.
fn bindings(
    operands: &[Operand<'_>],
    bytes: impl Fn(usize, &Operand<'_>) -> Range<u64>,
) -> Vec<Binding> {
    let mut bindings = vec![Binding::Usual; operands.len()];
    let mut written: Vec<(&wgpu::Buffer, Range<u64>)> = Vec::new();
    let numbered = || {
        operands
            .iter()
            .enumerate()
            .filter(|(_, operand)| is_bound(operand))
    };
    let outputs = numbered().filter(|(_, operand)| operand.is_output());
    let inputs = numbered().filter(|(_, operand)| !operand.is_output());
    for (k, operand) in outputs.chain(inputs) {
        let (buffer, own) = (operand.slice.buffer, bytes(k, operand));
        let mut beside = written
            .iter()
            .filter(|(other, _)| *other == buffer)
            .peekable();
        let is_beside = beside.peek().is_some();
        bindings[k] = if beside.any(|(_, other)| own.start < other.end && other.start < own.end) {
            Binding::Staged
        } else if is_beside && !operand.is_output() {
            Binding::BesideOutput
        } else {
            Binding::Usual
        };
        if bindings[k] == Binding::BesideOutput
            || operand.is_output() && bindings[k] == Binding::Usual
        {
            written.push((buffer, own));
        }
    }
    bindings
}

/// The words in which a slice lies.
fn words(slice: Slice<'_>) -> Slice<'_> {
    let rest = slice.offset % ELEMENT;
    let size = (rest + slice.size).next_multiple_of(ELEMENT);
    Slice::new(slice.buffer, slice.offset - rest, size)
}

/// The elements that a kernel reads at once where they follow each other.
fn vector_width(mapping: Mapping) -> u64 {
    match mapping {
        Mapping::Vectors => 4,
        Mapping::Sums { width, .. } => width.into(),
        _ => 1,
    }
}

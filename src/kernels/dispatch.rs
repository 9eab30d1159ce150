//! One dispatch, from its operands to what an operation records.

use std::ops::Range;

use super::operation::RecordedDispatch;
use super::request::{Operand, dimensions};
use super::slice::ELEMENT;
use super::strided::too_many_dimensions;
use super::uniforms::{Strides, Uniforms};
use super::{Kernels, Slice};
use crate::wgsl::operand::{Layout, MOST_OPERANDS, PACKED, STRIDES, Slot, UNIFORMS};
use crate::wgsl::{Driver, Function, KernelKey, Mapping, Op};
use crate::{Activation, Dtype, Error};

/// The most elements of a dispatch of which a whole tensor is packed or staged.
const MOST_COPIED: u64 = 1 << 20;

/// One dispatch.
pub(super) struct Dispatch<'a> {
    pub(super) function: Function,
    pub(super) op: Op,
    pub(super) mapping: Mapping,
    pub(super) has_defaults: bool,
    pub(super) operands: Vec<Operand<'a>>,
    pub(super) uniforms: Uniforms,
    /// The index of the first element, as strided operands count it.
    pub(super) start: u64,
    pub(super) workgroups: (u32, u32),
}

/// The strides of the operands of a dispatch, and where in their slices its elements lie.
pub(super) struct Strided {
    strides: Strides,
    spans: [Range<u64>; MOST_OPERANDS],
}

/// The bytes of a buffer that are bound for an operand.
pub(super) struct Place {
    /// The first byte, which is aligned as the device asks for.
    pub(super) start: u64,
    /// From there to the operand's first byte.
    pub(super) rest: u64,
    /// The bytes of the operand.
    pub(super) size: u64,
}

impl Place {
    /// The bytes that are bound: whole words.
    pub(super) fn bound(&self) -> Range<u64> {
        self.start..self.start + (self.rest + self.size).next_multiple_of(ELEMENT)
    }
}

impl Dispatch<'_> {
    /// The elements of an operand that the dispatch reads or writes.
    pub(super) fn elements(&self, operand: &Operand<'_>) -> u64 {
        match operand.slice.layout {
            Some(_) => u64::from(self.uniforms.elements),
            None => operand.slice.elements(),
        }
    }
}

impl Kernels {
    /// The first operand of a dispatch that has no binding of its own, because the device has too
    /// few (wgpu's downlevel limits allow four). It and all later ones are copied into one shared
    /// buffer, as f32.
    pub(super) fn first_packed(&self, operands: &[Operand<'_>]) -> Option<usize> {
        let most = self.limits.max_storage_buffers_per_shader_stage as usize;
        let bound = |operand: &&Operand<'_>| operand.layout != Layout::InPlace;
        if operands.iter().filter(bound).count() <= most {
            return None;
        }
        let mut own = 0;
        operands.iter().position(|operand| {
            own += usize::from(bound(&operand));
            own == most
        })
    }

    /// The most elements of a dispatch. Packed operands share a binding. Those that repeat elements
    /// are in it as a whole. Neighbours in a buffer may have to be staged: tensors with more
    /// elements are neighbours in few dispatches only.
    pub(super) fn most_elements(&self, operands: &[Operand<'_>]) -> u64 {
        let most = match self.has_neighbours(operands) {
            true => self.elements_in_binding().min(MOST_COPIED),
            false => self.elements_in_binding(),
        };
        let packed = self.first_packed(operands).map(|first| &operands[first..]);
        let packed = packed.unwrap_or_default().iter();
        let (whole, parts): (Vec<&Operand<'_>>, Vec<&Operand<'_>>) =
            packed.partition(|operand| operand.layout == Layout::Repeated);
        if parts.is_empty() {
            return most;
        }
        let whole: u64 = whole.iter().map(|operand| operand.slice.elements()).sum();
        (most.saturating_sub(whole) / parts.len() as u64).min(MOST_COPIED)
    }

    /// Makes a dispatch ready to be recorded, after those that pack operands.
    pub(super) fn dispatch(&self, dispatch: Dispatch<'_>) -> Result<Vec<RecordedDispatch>, Error> {
        let Some(first) = self.first_packed(&dispatch.operands) else {
            return self.bind_apart(dispatch, None);
        };
        let total = dispatch.operands[first..]
            .iter()
            .try_fold(0, |total, operand| {
                let total = dispatch.elements(operand).saturating_add(total);
                self.check_reach(operand.argument, total, Dtype::F32)
                    .map(|()| total)
            })?;
        let [buffer] = self.reuse_or_create(&self.packed, total)?;
        let (mut recorded, mut end) = (Vec::new(), 0);
        let mut operands = dispatch.operands[..first].to_vec();
        for &operand in &dispatch.operands[first..] {
            let slice = Slice::new(&buffer, end, dispatch.elements(&operand) * ELEMENT);
            end += slice.size;
            recorded.push(self.copy_elements(operand, dispatch.start, slice)?);
            operands.push(operand.copied(slice, 1));
        }
        let dispatch = Dispatch {
            operands,
            ..dispatch
        };
        recorded.extend(self.bind_apart(dispatch, Some(first))?);
        Ok(recorded)
    }

    /// A copy of an operand in the type of `to`, or as the words that it is made of; of a strided one,
    /// from the element `start` on.
    pub(super) fn copy_elements(
        &self,
        operand: Operand<'_>,
        start: u64,
        to: Slice<'_>,
    ) -> Result<RecordedDispatch, Error> {
        if operand.layout == Layout::Words {
            return self.copy_words(operand.argument, operand.slice, to);
        }
        let identity = Activation::Identity;
        let x = Operand {
            unit: 1,
            ..operand.named("x").laid_out(Layout::Contiguous)
        };
        let (workgroups, uniforms) = self.threads(&(0..to.elements()), 1, to, Uniforms::default());
        let dispatch = Dispatch {
            function: Function::Activation(identity.index()),
            op: Op::Forward,
            mapping: Mapping::Elements,
            has_defaults: true,
            operands: vec![Operand::output("packed operands", to), x],
            uniforms,
            start,
            workgroups,
        };
        self.bind(dispatch, None)
    }

    /// The kernel, the uniforms and the bindings of a dispatch. Operands from the first packed one
    /// on share a binding.
    pub(super) fn bind(
        &self,
        dispatch: Dispatch<'_>,
        first_packed: Option<usize>,
    ) -> Result<RecordedDispatch, Error> {
        let Dispatch {
            function,
            op,
            mapping,
            has_defaults,
            operands,
            mut uniforms,
            start,
            workgroups,
        } = dispatch;
        let mut bindings = Vec::with_capacity(operands.len() + 3);
        let mut slots = Vec::with_capacity(operands.len());
        let strided = self.strided(&operands, start, u64::from(uniforms.elements), first_packed)?;
        let mut packed = None;
        for (k, operand) in operands.iter().enumerate() {
            let Operand {
                argument,
                slice,
                layout,
                unit,
                ..
            } = *operand;
            let Slice { buffer, dtype, .. } = slice;
            let is_packed = first_packed.is_some_and(|first| k >= first);
            slots.push(Slot {
                is_packed,
                ..operand.slot()
            });
            if layout == Layout::InPlace {
                continue;
            }
            if layout == Layout::Repeated && slice.elements() > 1 {
                uniforms.repeated |= 1 << k;
            }
            let unit = unit * dtype.size();
            if is_packed {
                uniforms.offsets[k] = (slice.offset / unit) as u32;
                packed = Some((PACKED, buffer, 0, slice.offset + slice.size));
                continue;
            }
            let place = self.place(k, operand, strided.as_ref());
            let (elements, bound) = (place.size / dtype.size(), place.bound());
            let size = bound.end - bound.start;
            if slice.layout.is_some() {
                self.check_reach(argument, elements, dtype)?;
            }
            if size > self.limits.max_storage_buffer_binding_size {
                return Err(self.too_large(argument, elements, dtype));
            }
            uniforms.offsets[k] = (place.rest / unit) as u32;
            bindings.push((k as u32 + 1, buffer, bound.start, size));
        }
        bindings.extend(packed);
        let key = KernelKey {
            function,
            op,
            mapping,
            has_defaults,
            driver: Driver::default(),
            operands: slots,
        };
        let (buffer, offset) = self.write_uniforms(bytemuck::bytes_of(&uniforms))?;
        bindings.push((UNIFORMS, &buffer, offset, size_of::<Uniforms>() as u64));
        let strides = strided.map(|Strided { strides, .. }| {
            let written = self.write_uniforms(bytemuck::bytes_of(&strides));
            written.map(|(buffer, offset)| (buffer, offset, size_of_val(&strides) as u64))
        });
        let strides = strides.transpose()?;
        if let Some((buffer, offset, size)) = &strides {
            bindings.push((STRIDES, buffer, *offset, *size));
        }
        let kernel = self.kernel(key)?;
        let arguments = || {
            operands
                .iter()
                .map(|operand| (operand.argument, operand.slice.buffer))
        };
        let bind_group = self.bind_group(&kernel, &bindings, arguments)?;
        Ok(RecordedDispatch {
            kernel,
            bind_group,
            workgroups,
        })
    }

    /// The place of operand k, which has a binding of its own.
    pub(super) fn place(
        &self,
        k: usize,
        operand: &Operand<'_>,
        strided: Option<&Strided>,
    ) -> Place {
        let alignment = u64::from(self.limits.min_storage_buffer_offset_alignment);
        let slice = operand.slice;
        let slice = match (slice.layout, strided) {
            (Some(_), Some(strided)) => slice.part(&strided.spans[k]),
            _ => slice,
        };
        let rest = slice.offset % alignment;
        Place {
            start: slice.offset - rest,
            rest,
            size: slice.size,
        }
    }

    /// Finds the places of the elements of strided operands. Packed operands are contiguous.
    pub(super) fn strided(
        &self,
        operands: &[Operand<'_>],
        start: u64,
        elements: u64,
        first_packed: Option<usize>,
    ) -> Result<Option<Strided>, Error> {
        let bound = &operands[..first_packed.unwrap_or(operands.len())];
        let Some(first) = bound.iter().find(|operand| operand.slice.layout.is_some()) else {
            return Ok(None);
        };
        let dimensions = dimensions(bound).ok_or_else(too_many_dimensions)?;
        let (start, spans) = dimensions.spans(&(start..start + elements));
        let start = u32::try_from(start + elements)
            .map_err(|_| self.too_large(first.argument, start + elements, Dtype::F32))?
            - elements as u32;
        let strides = dimensions.uniforms(start)?;
        Ok(Some(Strided { strides, spans }))
    }

    /// Refuses elements that lie further apart than one binding reaches.
    pub(super) fn check_reach(
        &self,
        argument: &str,
        elements: u64,
        dtype: Dtype,
    ) -> Result<(), Error> {
        if elements > self.elements_in_binding() {
            Err(self.too_large(argument, elements, dtype))
        } else {
            Ok(())
        }
    }

    fn too_large(&self, argument: &str, elements: u64, dtype: Dtype) -> Error {
        let most = self.elements_in_binding() * dtype.size();
        Error::TooLarge {
            argument: argument.to_owned(),
            bytes: elements.saturating_mul(dtype.size()),
            most,
        }
    }

    /// The most elements of any type that one binding takes from any offset on.
    pub(super) fn elements_in_binding(&self) -> u64 {
        let wgpu::Limits {
            max_storage_buffer_binding_size,
            min_storage_buffer_offset_alignment,
            max_buffer_size,
            ..
        } = self.limits;
        max_storage_buffer_binding_size
            .min(max_buffer_size)
            .saturating_sub(u64::from(min_storage_buffer_offset_alignment))
            / ELEMENT
    }
}

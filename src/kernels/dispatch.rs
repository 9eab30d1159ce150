//! One dispatch, from its operands to what an operation records.

use super::operation::RecordedDispatch;
use super::request::Operand;
use super::slice::ELEMENT;
use super::strided::strides;
use super::uniforms::Uniforms;
use super::{Kernels, Slice};
use crate::wgsl::operand::{Layout, MOST_OPERANDS, PACKED, STRIDES, Slot, UNIFORMS};
use crate::wgsl::{Function, KernelKey, Mapping, Op};
use crate::{Activation, Dtype, Error};

/// The most elements of a dispatch of which a whole tensor is packed.
pub(super) const MOST_PACKED: u64 = 1 << 20;

/// One dispatch.
pub(super) struct Dispatch<'a> {
    pub(super) function: Function,
    pub(super) op: Op,
    pub(super) mapping: Mapping,
    pub(super) has_defaults: bool,
    pub(super) operands: Vec<Operand<'a>>,
    pub(super) uniforms: Uniforms,
    /// The index of the first element, if inputs are views.
    pub(super) start: u64,
    pub(super) workgroups: (u32, u32),
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

    /// Makes a dispatch ready to be recorded, after those that pack operands.
    pub(super) fn dispatch(&self, dispatch: Dispatch<'_>) -> Result<Vec<RecordedDispatch>, Error> {
        let Some(first) = self.first_packed(&dispatch.operands) else {
            return Ok(vec![self.bind(dispatch, None)?]);
        };
        let elements = |operand: &Operand<'_>| match operand.slice.layout {
            Some(_) => u64::from(dispatch.uniforms.elements),
            None => operand.slice.elements(),
        };
        let total = dispatch.operands[first..]
            .iter()
            .try_fold(0, |total, operand| {
                let total = elements(operand).saturating_add(total);
                self.check_reach(operand.argument, total, Dtype::F32)
                    .map(|()| total)
            })?;
        let [buffer] = self.reuse_or_create(&self.packed, total)?;
        let (mut recorded, mut end) = (Vec::new(), 0);
        let mut operands = dispatch.operands[..first].to_vec();
        for &operand in &dispatch.operands[first..] {
            let slice = Slice::new(&buffer, end, elements(&operand) * ELEMENT);
            end += slice.size;
            recorded.push(self.copy(operand, dispatch.start, slice)?);
            operands.push(Operand {
                slice,
                unit: 1,
                ..operand
            });
        }
        recorded.push(self.bind(
            Dispatch {
                operands,
                ..dispatch
            },
            Some(first),
        )?);
        Ok(recorded)
    }

    /// A copy of an operand as f32; of a view, from the element `start` on.
    fn copy(
        &self,
        operand: Operand<'_>,
        start: u64,
        to: Slice<'_>,
    ) -> Result<RecordedDispatch, Error> {
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
        let alignment = u64::from(self.limits.min_storage_buffer_offset_alignment);
        let mut bindings = Vec::with_capacity(operands.len() + 3);
        let mut slots = Vec::with_capacity(operands.len());
        let (mut layouts, mut packed) = ([None; MOST_OPERANDS], None);
        for (k, operand) in operands.iter().enumerate() {
            let Operand {
                argument,
                slice,
                layout,
                unit,
                ..
            } = *operand;
            let Slice {
                buffer,
                offset,
                size,
                dtype,
                layout: view,
            } = slice;
            let is_packed = first_packed.is_some_and(|first| k >= first);
            slots.push(Slot {
                is_packed,
                ..operand.slot()
            });
            if let Some(view) = view {
                self.check_reach(argument, view.reach(), dtype)?;
                layouts[k] = Some(view);
            }
            if layout == Layout::InPlace {
                continue;
            }
            if layout == Layout::PerChannel && slice.elements() > 1 {
                uniforms.per_channel |= 1 << k;
            }
            let rest = if is_packed {
                offset
            } else {
                offset % alignment
            };
            uniforms.offsets[k] = (rest / (unit * dtype.size())) as u32;
            if is_packed {
                packed = Some((PACKED, buffer, 0, offset + size));
                continue;
            }
            let reach = view.map_or(size, |view| view.reach() * dtype.size());
            let size = (rest + reach).next_multiple_of(ELEMENT);
            if size > self.limits.max_storage_buffer_binding_size {
                return Err(self.too_large(argument, reach / dtype.size(), dtype));
            }
            bindings.push((k as u32 + 1, buffer, offset - rest, size));
        }
        bindings.extend(packed);
        let key = KernelKey {
            function,
            op,
            mapping,
            has_defaults,
            operands: slots,
        };
        let (buffer, offset) = self.write_uniforms(bytemuck::bytes_of(&uniforms))?;
        bindings.push((UNIFORMS, &buffer, offset, size_of::<Uniforms>() as u64));
        let start = u32::try_from(start);
        let strides = match (layouts.iter().any(Option::is_some), start) {
            (false, _) => None,
            (true, Ok(start)) => strides(&layouts, start),
            (true, Err(_)) => return Err(self.too_large("x", u64::from(u32::MAX), Dtype::F32)),
        };
        let strides = strides.map(|strides| {
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

    /// Refuses elements that lie further apart than one binding reaches.
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

    /// The most elements of any type that one binding takes from any offset on.
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

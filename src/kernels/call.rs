//! The uniform that tells a dispatch what to work on.

use bytemuck::{Pod, Zeroable};
use hashbrown::HashMap;

use super::layout::MOST_DIMENSIONS;
use super::scope::caught;
use crate::Error;
use crate::activation::MOST_PARAMETERS;

/// The same struct as `Call` in `shaders/kernels/call.wgsl`, where the fields are explained.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(crate) struct Call {
    pub(crate) count: u32,
    pub(crate) row: u32,
    pub(crate) first: u32,
    pub(crate) x: u32,
    pub(crate) grad_output: u32,
    pub(crate) output: u32,
    pub(crate) tangent: u32,
    pub(crate) length: u32,
    pub(crate) stride: u32,
    pub(crate) rows: u32,
    pub(crate) gate: u32,
    pub(crate) grad_gate: u32,
    pub(crate) pairs: [u32; 4],
    pub(crate) run: Divisor,
    pub(crate) seed: [u32; 2],
    pub(crate) counter: [u32; 2],
    pub(crate) phase: u32,
    pub(crate) dropped_below: u32,
    pub(crate) keep_scale: f32,
    pub(crate) elements: u32,
    pub(crate) inner: Divisor,
    pub(crate) channels: Divisor,
    pub(crate) learned: [u32; MOST_PARAMETERS],
    pub(crate) learned_step: [u32; MOST_PARAMETERS],
    pub(crate) parameters: [f32; MOST_PARAMETERS],
}

/// The same struct as `Views` in `shaders/kernels/views.wgsl`, where the fields are explained.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(crate) struct Views {
    pub(crate) start: u32,
    pub(crate) dimensions: u32,
    pub(crate) padding: [u32; 2],
    pub(crate) shape: [Divisor; MOST_DIMENSIONS],
    pub(crate) strides: [[u32; 4]; MOST_DIMENSIONS],
}

/// A number that kernels divide by: itself, the multiplier and the shift of Granlund and Montgomery 1994, figure 4.1.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(crate) struct Divisor([u32; 4]);

impl Divisor {
    /// `divisor` is at least 1.
    pub(crate) fn new(divisor: u32) -> Self {
        let shift = u64::from(divisor).next_power_of_two().trailing_zeros();
        let excess = (1u64 << shift) - u64::from(divisor);
        let multiplier = (excess << 32) / u64::from(divisor) + 1;
        Self([divisor, multiplier as u32, shift, 0])
    }
}

/// Bytes of one buffer of calls.
const BUFFER: u64 = 1 << 16;

/// Distinct calls kept before the memory is given up.
const MOST_CALLS: usize = 4096;

/// Every distinct call, of whatever kernel, is written once and then shared by all operations that need it, so nothing that an
/// encoder has recorded is ever written over. When there are too many, the memory is given up to the operations that hold
/// it.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    written: HashMap<Vec<u8>, (wgpu::Buffer, u64)>,
    buffer: Option<wgpu::Buffer>,
    used: u64,
}

impl Calls {
    /// The buffer and the offset where this call's bytes are, or will be before the caller's next submission.
    pub(crate) fn write(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        call: &[u8],
    ) -> Result<(wgpu::Buffer, u64), Error> {
        if let Some((buffer, offset)) = self.written.get(call) {
            return Ok((buffer.clone(), *offset));
        }
        if self.written.len() >= MOST_CALLS {
            *self = Self::default();
        }
        let alignment = u64::from(device.limits().min_uniform_buffer_offset_alignment);
        let size = (call.len() as u64).next_multiple_of(alignment);
        let what = || "the memory for parameters".to_owned();
        let buffer = match self.buffer.take().filter(|_| self.used + size <= BUFFER) {
            Some(buffer) => buffer,
            None => caught(device, what, || {
                self.used = 0;
                device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some("wgpu-activations parameters"),
                    size: BUFFER,
                    usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                })
            })?,
        };
        let offset = self.used;
        caught(device, what, || queue.write_buffer(&buffer, offset, call))?;
        self.used += size;
        self.buffer = Some(buffer.clone());
        self.written.insert(call.to_vec(), (buffer.clone(), offset));
        Ok((buffer, offset))
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::{Call, Divisor, Views};

    /// The members of a struct and their offsets in WGSL, and its size.
    fn in_wgsl(source: &str, name: &str) -> (Vec<(String, usize)>, usize) {
        let module = naga::front::wgsl::parse_str(source).expect("WGSL");
        let (_, ty) = module
            .types
            .iter()
            .find(|(_, ty)| ty.name.as_deref() == Some(name))
            .expect("the struct");
        let naga::TypeInner::Struct { members, span } = &ty.inner else {
            panic!("{name} is a struct")
        };
        let member = |member: &naga::StructMember| {
            (
                member.name.clone().unwrap_or_default(),
                member.offset as usize,
            )
        };
        (members.iter().map(member).collect(), *span as usize)
    }

    #[test]
    fn structs_are_laid_out_as_in_wgsl() {
        macro_rules! in_rust {
            ($ty:ident: $($field:ident)*) => {
                (vec![$((stringify!($field).to_owned(), offset_of!($ty, $field))),*], size_of::<$ty>())
            };
        }
        assert_eq!(
            in_wgsl(include_str!("../../shaders/kernels/call.wgsl"), "Call"),
            in_rust!(Call: count row first x grad_output output tangent length stride rows gate grad_gate pairs run seed counter phase dropped_below keep_scale elements inner channels learned learned_step parameters)
        );
        let divide = concat!(
            "const PARAMETERS_ARE_CONSTANT: bool = true;",
            include_str!("../../shaders/math.wgsl"),
            include_str!("../../shaders/kernels/channels.wgsl"),
        );
        let call = include_str!("../../shaders/kernels/call.wgsl");
        let views = include_str!("../../shaders/kernels/views.wgsl");
        assert_eq!(
            in_wgsl(&[call, divide, views].concat(), "Views"),
            in_rust!(Views: start dimensions shape strides)
        );
    }

    /// What `divide` in `channels.wgsl` does.
    fn divide(a: u32, Divisor([_, multiplier, shift, _]): Divisor) -> u32 {
        let high = ((u64::from(a) * u64::from(multiplier)) >> 32) as u32;
        (high + ((a - high) >> shift.min(1))) >> (shift.max(1) - 1)
    }

    #[test]
    fn divisors_are_exact() {
        let ends =
            |around: u32| (around.saturating_sub(3)..=around.saturating_add(3)).collect::<Vec<_>>();
        let numbers: Vec<u32> = (0..32)
            .map(|bit| 1 << bit)
            .chain([3, 5, 7, 641, 10_000, 6_700_417, u32::MAX])
            .flat_map(ends)
            .collect();
        for &divisor in numbers.iter().filter(|&&number| number > 0) {
            for &number in &numbers {
                assert_eq!(
                    divide(number, Divisor::new(divisor)),
                    number / divisor,
                    "{number} / {divisor}"
                );
            }
        }
    }
}

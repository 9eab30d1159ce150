//! The uniforms of a dispatch, and where they are kept.

use std::collections::HashMap;

use bytemuck::{Pod, Zeroable};

use super::error_scope::with_error_scope;
use super::{Kernels, lock};
use crate::parameter::MOST_PARAMETERS;
use crate::wgsl::operand::MOST_OPERANDS;
use crate::{Error, TrainingMode};

/// The most operands of an expression that are numbers of the host's.
pub(super) const MOST_SCALARS: usize = 16;

/// The most dimensions of a view.
pub(super) const MOST_DIMENSIONS: usize = 6;

/// The same struct as `Uniforms` in `shaders/kernels/uniforms.wgsl`, where the fields are
/// explained.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(crate) struct Uniforms {
    pub(crate) count: u32,
    pub(crate) row_width: u32,
    pub(crate) first: u32,
    pub(crate) elements: u32,
    pub(crate) offsets: [u32; MOST_OPERANDS],
    pub(crate) inner: Divisor,
    pub(crate) period: Divisor,
    pub(crate) run: Divisor,
    pub(crate) blocks: Divisor,
    pub(crate) parameters: [f32; MOST_PARAMETERS],
    pub(crate) rate: [f32; 4],
    pub(crate) seed: [u32; 2],
    pub(crate) counter: [u32; 2],
    pub(crate) phase: u32,
    pub(crate) dropped_below: u32,
    pub(crate) keep_scale: f32,
    pub(crate) repeated: u32,
    pub(crate) length: u32,
    pub(crate) stride: u32,
    pub(crate) gate: u32,
    pub(crate) block: u32,
    pub(crate) start: u32,
    pub(crate) negate: u32,
    pub(crate) zero: f32,
    pub(crate) empty_is_zero: u32,
    pub(crate) queries: Divisor,
    pub(crate) first_row: u32,
    pub(crate) first_key: i32,
    pub(crate) key_end: i32,
    pub(crate) classes: u32,
    pub(crate) ignore_index: i32,
    pub(crate) padding: [u32; 3],
    pub(crate) pairing: [u32; 4],
    pub(crate) scalars: [f32; MOST_SCALARS],
}

impl Uniforms {
    /// Those of random numbers, from this element on.
    pub(super) fn random(training: TrainingMode, element: u64) -> Self {
        let position = training.offset.wrapping_add(element);
        let words = |word: u64| [word as u32, (word >> 32) as u32];
        Self {
            seed: words(training.seed),
            counter: words(position / 4),
            phase: (position % 4) as u32,
            dropped_below: training.dropped_below(),
            keep_scale: training.keep_scale(),
            ..Self::default()
        }
    }
}

/// The same struct as `Strides` in `shaders/kernels/strides.wgsl`, where the fields are explained.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(super) struct Strides {
    pub(super) start: u32,
    pub(super) dimensions: u32,
    pub(super) padding: [u32; 2],
    pub(super) shape: [Divisor; MOST_DIMENSIONS],
    pub(super) strides: [[u32; MOST_OPERANDS]; MOST_DIMENSIONS],
}

/// A number that kernels divide by: itself, and the multiplier and the shift of Granlund and
/// Montgomery 1994, figure 4.1.
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

/// The bytes of one buffer of uniforms.
const BUFFER: u64 = 1 << 16;

/// The most distinct uniforms that the pool keeps.
const MOST_KEPT: usize = 4096;

/// Uniforms that have been written. Each distinct one is written once and shared by all operations
/// that need it, so that nothing is overwritten that an encoder has recorded. (Two threads that
/// need the same one at the same time may both write it.) A full pool starts again: operations keep
/// their buffers alive.
#[derive(Debug, Default)]
pub(super) struct UniformPool {
    written: HashMap<Vec<u8>, (wgpu::Buffer, u64)>,
    buffer: Option<wgpu::Buffer>,
    used: u64,
}

impl UniformPool {
    /// Takes bytes of the buffer, if it has so many left.
    fn reserve(&mut self, size: u64) -> Option<(wgpu::Buffer, u64)> {
        let offset = self.used;
        let buffer = self.buffer.clone().filter(|_| offset + size <= BUFFER)?;
        self.used += size;
        Some((buffer, offset))
    }
}

impl Kernels {
    /// The buffer and the offset of these bytes. They are there before the caller's next submission
    /// runs. The pool is unlocked during calls of wgpu's: one may find that the device is lost, and
    /// call the program's callback.
    pub(super) fn write_uniforms(&self, bytes: &[u8]) -> Result<(wgpu::Buffer, u64), Error> {
        let alignment = u64::from(self.limits.min_uniform_buffer_offset_alignment);
        let size = (bytes.len() as u64).next_multiple_of(alignment);
        let mut pool = lock(&self.uniforms);
        if let Some(place) = pool.written.get(bytes) {
            return Ok(place.clone());
        }
        let reserved = pool.reserve(size);
        drop(pool);
        let what = || "the memory for uniforms".to_owned();
        let (buffer, offset) = match reserved {
            Some(reserved) => reserved,
            None => {
                let descriptor = wgpu::BufferDescriptor {
                    label: Some("wgpu-activations uniforms"),
                    size: BUFFER,
                    usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                };
                let new = || self.device.create_buffer(&descriptor);
                let new = with_error_scope(&self.device, what, new)?;
                let mut pool = lock(&self.uniforms);
                (pool.buffer, pool.used) = (Some(new.clone()), size);
                (new, 0)
            }
        };
        let write = || self.queue.write_buffer(&buffer, offset, bytes);
        with_error_scope(&self.device, what, write)?;
        let mut pool = lock(&self.uniforms);
        if pool.written.len() >= MOST_KEPT {
            *pool = UniformPool::default();
        }
        pool.written
            .insert(bytes.to_vec(), (buffer.clone(), offset));
        Ok((buffer, offset))
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::{Divisor, Strides, Uniforms};
    use crate::wgsl::operand::{STRIDES, UNIFORMS};
    use crate::wgsl::{MATH, parameters_are_constant};

    const UNIFORMS_TEXT: &str = include_str!("../../shaders/kernels/uniforms.wgsl");

    /// The members of a struct with their offsets in WGSL, its size, and its variable's binding.
    fn in_wgsl(source: &str, name: &str) -> (Vec<(String, usize)>, usize, u32) {
        let module = naga::front::wgsl::parse_str(source).expect("WGSL");
        let is_it = |ty: &naga::Type| ty.name.as_deref() == Some(name);
        let (handle, ty) = module
            .types
            .iter()
            .find(|(_, ty)| is_it(ty))
            .expect("the struct");
        let naga::TypeInner::Struct { members, span } = &ty.inner else {
            panic!("{name} is a struct")
        };
        let members = members.iter().map(|member| {
            (
                member.name.clone().unwrap_or_default(),
                member.offset as usize,
            )
        });
        let mut variables = module.global_variables.iter().map(|(_, variable)| variable);
        let variable = variables
            .find(|variable| variable.ty == handle)
            .expect("a variable");
        let binding = variable.binding.as_ref().expect("a binding").binding;
        (members.collect(), *span as usize, binding)
    }

    #[test]
    fn structs_are_laid_out_as_in_wgsl() {
        macro_rules! in_rust {
            ($ty:ident at $binding:ident: $($field:ident)*) => {
                (vec![$((stringify!($field).to_owned(), offset_of!($ty, $field))),*], size_of::<$ty>(), $binding)
            };
        }
        assert_eq!(
            in_wgsl(UNIFORMS_TEXT, "Uniforms"),
            in_rust!(Uniforms at UNIFORMS: count row_width first elements offsets inner period run blocks parameters rate
                seed counter phase dropped_below keep_scale repeated length stride gate block start
                negate zero empty_is_zero queries first_row first_key key_end classes ignore_index pairing scalars)
        );
        let math = [parameters_are_constant(true), MATH].concat();
        let divide = include_str!("../../shaders/kernels/repeat.wgsl");
        let strides = include_str!("../../shaders/kernels/strides.wgsl");
        assert_eq!(
            in_wgsl(&[&math, UNIFORMS_TEXT, divide, strides].concat(), "Strides"),
            in_rust!(Strides at STRIDES: start dimensions shape strides)
        );
    }

    /// `divide` in `repeat.wgsl`, on the CPU.
    fn divide(a: u32, Divisor([_, multiplier, shift, _]): Divisor) -> u32 {
        let high = ((u64::from(a) * u64::from(multiplier)) >> 32) as u32;
        (high + ((a - high) >> shift.min(1))) >> (shift.max(1) - 1)
    }

    #[test]
    fn divisors_are_exact() {
        let around = |n: u32| (n.saturating_sub(3)..=n.saturating_add(3)).collect::<Vec<_>>();
        let powers_of_two = (0..32).map(|bit| 1 << bit);
        let numbers: Vec<u32> = powers_of_two
            .chain([3, 5, 7, 641, 10_000, 6_700_417, u32::MAX])
            .flat_map(around)
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

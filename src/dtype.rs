//! How elements are stored.

use std::fmt;

/// How the elements of a slice or a tensor are stored. Whatever it is, arithmetic is in f32.
///
/// A result is rounded to nearest, ties to even; beyond the largest number it is infinite, and NaN stays NaN. The kernels pack and
/// unpack 16-bit elements in whole numbers: no feature is needed, and no device's own conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// IEEE 754 binary32.
    #[default]
    F32,
    /// IEEE 754 binary16.
    F16,
    /// bfloat16: the upper half of an f32.
    Bf16,
}

impl Dtype {
    /// The bytes of an element.
    #[must_use]
    pub const fn size(self) -> u64 {
        match self {
            Dtype::F32 => 4,
            Dtype::F16 | Dtype::Bf16 => 2,
        }
    }

    /// Its name in WGSL and in errors.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "f32",
            Dtype::F16 => "f16",
            Dtype::Bf16 => "bf16",
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

//! The types of elements in memory.

use crate::value::named;

/// The type of a slice's or tensor's elements in memory. Arithmetic is always in f32.
///
/// Results are rounded to the nearest number, ties to even. Results beyond the largest number
/// become infinite, and NaN stays NaN. The kernels convert 16-bit elements with integer
/// arithmetic, so that no device feature is needed and all devices give the same bits.
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
    /// The size of an element in bytes.
    #[must_use]
    pub const fn size(self) -> u64 {
        match self {
            Dtype::F32 => 4,
            Dtype::F16 | Dtype::Bf16 => 2,
        }
    }
}

// PyTorch's names are read, too.
named!(
    Dtype, "dtype":
    F32 = "f32" | "float32" | "float",
    F16 = "f16" | "float16" | "half",
    Bf16 = "bf16" | "bfloat16"
);

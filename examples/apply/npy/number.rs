//! The types of numbers in npy files.

use wgpu_activations::Dtype;
use wgpu_activations::half::{bf16, f16};

/// A type of numbers that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    pub kind: Kind,
    is_big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    /// ml_dtypes writes bfloat16 as `<V2`: two bytes whose meaning NumPy does not know.
    Bf16,
    F32,
    F64,
}

impl Number {
    /// Parses a type as NumPy's `dtype` does: a code of one or two characters, which may have a
    /// byte order before it, or a name. Returns `None` for types of anything but these numbers, and
    /// for names of types whose size depends on the machine.
    pub fn parse(descr: &str) -> Option<Self> {
        let code = descr.strip_prefix(['<', '>', '=', '|']);
        let kind = match code.unwrap_or(descr) {
            "b1" | "?" => Kind::Bool,
            "i1" | "b" => Kind::I8,
            "i2" | "h" => Kind::I16,
            "i4" | "i" => Kind::I32,
            "i8" | "q" => Kind::I64,
            "u1" | "B" => Kind::U8,
            "u2" | "H" => Kind::U16,
            "u4" | "I" => Kind::U32,
            "u8" | "Q" => Kind::U64,
            "f2" | "e" => Kind::F16,
            "V2" => Kind::Bf16,
            "f4" | "f" => Kind::F32,
            "f8" | "d" => Kind::F64,
            _ if code.is_some() => return None,
            "bool" | "bool_" => Kind::Bool,
            "int8" | "byte" => Kind::I8,
            "int16" | "short" => Kind::I16,
            "int32" | "intc" => Kind::I32,
            "int64" | "longlong" => Kind::I64,
            "uint8" | "ubyte" => Kind::U8,
            "uint16" | "ushort" => Kind::U16,
            "uint32" | "uintc" => Kind::U32,
            "uint64" | "ulonglong" => Kind::U64,
            "float16" | "half" => Kind::F16,
            "bfloat16" => Kind::Bf16,
            "float32" | "single" => Kind::F32,
            "float64" | "double" | "float" => Kind::F64,
            _ => return None,
        };
        // Without an order, as after `=`, NumPy takes that of the machine that reads.
        let is_foreign = descr.starts_with(if cfg!(target_endian = "big") {
            '<'
        } else {
            '>'
        });
        Some(Self {
            kind,
            is_big_endian: is_foreign != cfg!(target_endian = "big"),
        })
    }

    /// The size of a number in bytes.
    pub fn size(self) -> usize {
        match self.kind {
            Kind::Bool | Kind::I8 | Kind::U8 => 1,
            Kind::I16 | Kind::U16 | Kind::F16 | Kind::Bf16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 => 4,
            Kind::I64 | Kind::U64 | Kind::F64 => 8,
        }
    }

    /// The same type among those that are written, or f32.
    pub fn dtype(self) -> Dtype {
        match self.kind {
            Kind::F16 => Dtype::F16,
            Kind::Bf16 => Dtype::Bf16,
            _ => Dtype::F32,
        }
    }

    /// Converts a file's bytes to f32, rounded to nearest. Adds to `rounded` how many numbers were
    /// not exactly an f32.
    pub fn decode(self, bytes: &[u8], rounded: &mut u64) -> Vec<f32> {
        let mut integer = |exact: i128| {
            let value = exact as f32;
            *rounded += u64::from(value as i128 != exact);
            value
        };
        match self.kind {
            Kind::Bool => self.each(bytes, |[byte]| f32::from(u8::from(byte != 0))),
            Kind::I8 => self.each(bytes, |bytes| i8::from_le_bytes(bytes).into()),
            Kind::I16 => self.each(bytes, |bytes| i16::from_le_bytes(bytes).into()),
            Kind::I32 => self.each(bytes, |bytes| integer(i32::from_le_bytes(bytes).into())),
            Kind::I64 => self.each(bytes, |bytes| integer(i64::from_le_bytes(bytes).into())),
            Kind::U8 => self.each(bytes, |bytes| u8::from_le_bytes(bytes).into()),
            Kind::U16 => self.each(bytes, |bytes| u16::from_le_bytes(bytes).into()),
            Kind::U32 => self.each(bytes, |bytes| integer(u32::from_le_bytes(bytes).into())),
            Kind::U64 => self.each(bytes, |bytes| integer(u64::from_le_bytes(bytes).into())),
            Kind::F16 => self.each(bytes, |bytes| f16::from_le_bytes(bytes).to_f32()),
            Kind::Bf16 => self.each(bytes, |bytes| bf16::from_le_bytes(bytes).to_f32()),
            Kind::F32 => self.each(bytes, f32::from_le_bytes),
            Kind::F64 => self.each(bytes, |bytes| {
                let exact = f64::from_le_bytes(bytes);
                let value = exact as f32;
                *rounded += u64::from(f64::from(value) != exact && !exact.is_nan());
                value
            }),
        }
    }

    /// Converts each number. `convert` takes its bytes in little-endian order.
    fn each<const SIZE: usize>(
        self,
        bytes: &[u8],
        mut convert: impl FnMut([u8; SIZE]) -> f32,
    ) -> Vec<f32> {
        let numbers = bytes.chunks_exact(SIZE).map(|bytes| {
            let mut number = [0; SIZE];
            number.copy_from_slice(bytes);
            if self.is_big_endian {
                number.reverse();
            }
            convert(number)
        });
        numbers.collect()
    }
}

/// Rounds values to those of the type, as a file of this type holds them.
pub fn rounded(dtype: Dtype, mut values: Vec<f32>) -> Vec<f32> {
    let round = match dtype {
        Dtype::F16 => |value| f16::from_f32(value).to_f32(),
        Dtype::Bf16 => |value| bf16::from_f32(value).to_f32(),
        _ => return values,
    };
    values.iter_mut().for_each(|value| *value = round(*value));
    values
}

/// Returns the bytes of values in a file of this type.
pub fn encoded(dtype: Dtype, values: &[f32]) -> Vec<u8> {
    let values = values.iter();
    match dtype {
        Dtype::F16 => values
            .flat_map(|&value| f16::from_f32(value).to_le_bytes())
            .collect(),
        Dtype::Bf16 => values
            .flat_map(|&value| bf16::from_f32(value).to_le_bytes())
            .collect(),
        _ => values.flat_map(|value| value.to_le_bytes()).collect(),
    }
}

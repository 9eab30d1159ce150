//! npy files, written and read by other code than the example's.

use std::fs;
use std::io::Cursor;

use npyz::{AutoSerialize, NpyFile, Order, WriteOptions, WriterBuilder};
use wgpu_activations::half::{bf16, f16};

use crate::Directory;

impl Directory {
    pub fn write_npy(&self, name: &str, shape: &[u64], values: &[f32]) {
        self.write(name, npy(shape, Order::C, values));
    }

    /// The shape, the order and the values of an npy file.
    pub fn read_npy(&self, name: &str) -> (Vec<u64>, Order, Vec<f32>) {
        let bytes = fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let npy = NpyFile::new(&bytes[..]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (shape, order) = (npy.shape().to_vec(), npy.order());
        let values = match npy.dtype().descr().as_str() {
            "'<f4'" => npy.into_vec(),
            "'<f2'" => npy
                .into_vec::<f16>()
                .map(|halves| halves.into_iter().map(f16::to_f32).collect()),
            "'<V2'" => {
                let start = bytes.len() - 2 * npy.len() as usize;
                let values = bytes[start..].chunks_exact(2);
                let values = values.map(|bytes| bf16::from_le_bytes([bytes[0], bytes[1]]).to_f32());
                Ok(values.collect())
            }
            descr => panic!("{name} is {descr}"),
        };
        (
            shape,
            order,
            values.unwrap_or_else(|error| panic!("{name}: {error}")),
        )
    }
}

/// An npy file of values in this order.
pub fn npy<T: AutoSerialize + Copy>(shape: &[u64], order: Order, values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = WriteOptions::new()
        .default_dtype()
        .shape(shape)
        .order(order);
    let mut writer = options
        .writer(Cursor::new(&mut bytes))
        .begin_nd()
        .expect("a header");
    writer.extend(values.iter().copied()).expect("values");
    writer.finish().expect("as many values as the shape has");
    bytes
}

/// An npy file of version 1 with this header.
pub fn npy_with_header(header: &str, values: &[u8]) -> Vec<u8> {
    npy_of_version(1, header, values)
}

/// An npy file of this version with this header.
pub fn npy_of_version(version: u8, header: &str, values: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len())
        .expect("a short header")
        .to_le_bytes();
    let rest: &[u8] = if version == 1 { &[] } else { &[0, 0] };
    let before = [&b"\x93NUMPY"[..], &[version, 0], &length, rest].concat();
    [&before, header.as_bytes(), values].concat()
}

/// An npy file of version 1 with values of this type.
pub fn npy_of_type(descr: &str, is_fortran: bool, shape: &str, values: &[u8]) -> Vec<u8> {
    let order = if is_fortran { "True" } else { "False" };
    let header = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}");
    npy_with_header(&header, values)
}

/// Values on both sides of 0.
pub fn values(length: usize) -> Vec<f32> {
    (0..length)
        .map(|i| ((i * 37 + 11) % 101) as f32 * 0.09 - 4.5)
        .collect()
}

#[track_caller]
pub fn assert_close(got: &[f32], wanted: impl IntoIterator<Item = f64>) {
    let wanted: Vec<f64> = wanted.into_iter().collect();
    assert_eq!(got.len(), wanted.len());
    for (i, (&got, wanted)) in got.iter().zip(wanted).enumerate() {
        assert!(
            (f64::from(got) - wanted).abs() <= 1e-6 * wanted.abs(),
            "{i}: got {got}, wanted {wanted}"
        );
    }
}

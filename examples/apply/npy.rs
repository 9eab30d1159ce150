//! Tensors in NumPy's file format.
//!
//! This file parses headers itself instead of using a library, because files come from anywhere:
//! nothing is allocated, multiplied or recursed into before the header is checked against the
//! file's size.

use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use npyz::{DType, Order, WriteOptions, WriterBuilder};
use tempfile::NamedTempFile;
use wgpu_activations::half::f16;
use wgpu_activations::{Dtype, Error, Gpu, Tensor};

use crate::beside::beside;

/// NumPy refuses longer headers, too.
const MOST_HEADER: u64 = 10_000;

/// A tensor of f32 or f16.
#[derive(Debug)]
pub struct Npy {
    pub shape: Vec<usize>,
    pub order: Order,
    /// The type of the values in the file.
    pub dtype: Dtype,
    /// The values, in the memory order `order`.
    pub values: Vec<f32>,
}

impl Npy {
    pub fn read(path: &Path) -> Result<Self> {
        let mut file = File::open(path).context("cannot open it")?;
        let metadata = file.metadata()?;
        ensure!(metadata.is_file(), "it is not a file");

        let mut magic = [0; 8];
        let is_npy = file.read_exact(&mut magic).is_ok() && magic.starts_with(b"\x93NUMPY");
        ensure!(is_npy, "it is not an npy file");
        let (length, before) = match magic[6] {
            1 => (u64::from(u16::from_le_bytes(take(&mut file)?)), 10),
            2 | 3 => (u64::from(u32::from_le_bytes(take(&mut file)?)), 12),
            version => bail!("it is an npy file of version {version}, but only 1 to 3 are known"),
        };
        ensure!(
            length <= MOST_HEADER,
            "its header has {length} bytes, more than the {MOST_HEADER} of any sane one"
        );
        let mut text = Vec::new();
        (&file).take(length).read_to_end(&mut text)?;
        ensure!(text.len() as u64 == length, "it ends within its header");
        let text = String::from_utf8_lossy(&text);
        let beginning: String = text.trim().chars().take(80).collect();
        let (descr, order, shape) = parsed(&text).with_context(|| {
            format!("its header, {beginning:?}, is not that of an array of numbers")
        })?;
        let (byte_order, dtype) = match descr {
            "<f4" | ">f4" => (&descr[..1], Dtype::F32),
            "<f2" | ">f2" => (&descr[..1], Dtype::F16),
            _ => bail!("its dtype is {descr}, but it must be float32 (<f4) or float16 (<f2)"),
        };

        let factors = || shape.iter().filter(|&&dimension| dimension > 0);
        let expected = factors().try_fold(dtype.size(), |product, &dimension| {
            product.checked_mul(dimension)
        });
        let expected = expected.map(|bytes| if shape.contains(&0) { 0 } else { bytes });
        let actual = metadata.len().saturating_sub(before + length);
        ensure!(
            expected == Some(actual),
            "its shape is {shape:?}, but {actual} bytes of values follow"
        );

        let shape = shape
            .into_iter()
            .map(usize::try_from)
            .collect::<Result<Vec<_>, _>>()?;
        let count = usize::try_from(actual / dtype.size())?;
        let is_little = byte_order == "<";
        let values = if dtype == Dtype::F16 {
            let mut bits = vec![0u16; count];
            file.read_exact(bytemuck::cast_slice_mut(&mut bits))
                .context("cannot read its values")?;
            let from_file = if is_little {
                u16::from_le
            } else {
                u16::from_be
            };
            bits.into_iter()
                .map(|bits| f16::from_bits(from_file(bits)).to_f32())
                .collect()
        } else {
            let mut values = vec![0.0_f32; count];
            file.read_exact(bytemuck::cast_slice_mut(&mut values))
                .context("cannot read its values")?;
            let from_file = if is_little {
                u32::from_le
            } else {
                u32::from_be
            };
            values
                .iter_mut()
                .for_each(|value| *value = f32::from_bits(from_file(value.to_bits())));
            values
        };
        // Both orders are the same for one dimension.
        let order = if shape.len() < 2 { Order::C } else { order };
        Ok(Self {
            shape,
            order,
            dtype,
            values,
        })
    }

    /// Uploads the values in the type that the file has, with this shape.
    pub fn upload(&self, gpu: &Gpu, shape: &[usize]) -> Result<Tensor, Error> {
        match self.dtype {
            Dtype::F16 => gpu.upload(
                &self
                    .values
                    .iter()
                    .map(|&value| f16::from_f32(value))
                    .collect::<Vec<_>>(),
                shape,
            ),
            _ => gpu.upload(&self.values, shape),
        }
    }

    /// Writes a temporary file beside `path`, which the caller persists as `path`.
    pub fn write(&self, path: &Path) -> Result<NamedTempFile> {
        let Self {
            shape,
            order,
            dtype,
            values,
        } = self;
        let shape: Vec<_> = shape.iter().map(|&dimension| dimension as u64).collect();
        let file = beside(path)?;
        match dtype {
            Dtype::F16 => {
                write_values(
                    &file,
                    "<f2",
                    &shape,
                    *order,
                    values.iter().map(|&value| f16::from_f32(value)),
                )?;
            }
            _ => write_values(&file, "<f4", &shape, *order, values.iter().copied())?,
        }
        Ok(file)
    }

    /// The shape of the values if they are read as row-major: column-major is row-major with the
    /// dimensions reversed.
    pub fn row_major_shape(&self) -> Vec<usize> {
        match self.order {
            Order::C => self.shape.clone(),
            Order::Fortran => self.shape.iter().rev().copied().collect(),
        }
    }

    /// Returns the index in each dimension of the value at this position.
    pub fn index(&self, position: usize) -> Vec<usize> {
        let mut rest = position;
        let mut index = self.row_major_shape();
        for dimension in index.iter_mut().rev() {
            (*dimension, rest) = (rest % *dimension, rest / *dimension);
        }
        if self.order == Order::Fortran {
            index.reverse();
        }
        index
    }

    /// Returns the same tensor with its values in this order.
    pub fn in_order(self, order: Order) -> Self {
        if order == self.order || self.shape.len() < 2 {
            return Self { order, ..self };
        }
        // A change of order is a transposition. `dimensions` are those of the result in row-major
        // order.
        let row_major = self.row_major_shape();
        let strides =
            (0..row_major.len()).map(|axis| row_major[axis + 1..].iter().product::<usize>());
        let axes: Vec<_> = row_major.iter().copied().zip(strides).rev().collect();
        let mut index = vec![0; axes.len()];
        let mut from = 0;
        let mut values = Vec::with_capacity(self.values.len());
        for _ in 0..self.values.len() {
            values.push(self.values[from]);
            for (index, &(dimension, stride)) in index.iter_mut().zip(&axes).rev() {
                *index += 1;
                from += stride;
                if *index < dimension {
                    break;
                }
                from -= stride * dimension;
                *index = 0;
            }
        }
        Self {
            shape: self.shape,
            order,
            dtype: self.dtype,
            values,
        }
    }
}

fn write_values<T: npyz::Serialize>(
    file: &NamedTempFile,
    descr: &str,
    shape: &[u64],
    order: Order,
    values: impl Iterator<Item = T>,
) -> Result<()> {
    let options = WriteOptions::new()
        .dtype(DType::Plain(descr.parse()?))
        .shape(shape)
        .order(order);
    let mut writer = options.writer(BufWriter::new(file)).begin_nd()?;
    writer.extend(values)?;
    Ok(writer.finish()?)
}

/// Parses the dtype, the order and the shape from a header such as `{'descr': '<f4',
/// 'fortran_order': False, 'shape': (2, 3), }`.
fn parsed(header: &str) -> Option<(&str, Order, Vec<u64>)> {
    let (mut descr, mut order, mut shape) = (None, None, None);
    let mut rest = header.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    while !rest.is_empty() {
        let (key, value) = quoted(rest)?;
        let value = value.trim_start().strip_prefix(':')?.trim_start();
        rest = match key {
            "descr" => {
                let (text, rest) = quoted(value)?;
                descr = Some(text);
                rest
            }
            "fortran_order" => {
                let is_fortran = value.starts_with("True");
                order = Some(if is_fortran { Order::Fortran } else { Order::C });
                value.strip_prefix(if is_fortran { "True" } else { "False" })?
            }
            "shape" => {
                let (list, rest) = value.strip_prefix('(')?.split_once(')')?;
                let dimensions = list
                    .split(',')
                    .map(str::trim)
                    .filter(|dimension| !dimension.is_empty());
                shape = Some(
                    dimensions
                        .map(|dimension| dimension.parse().ok())
                        .collect::<Option<_>>()?,
                );
                rest
            }
            _ => return None,
        }
        .trim_start();
        rest = match rest.strip_prefix(',') {
            Some(rest) => rest.trim_start(),
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    Some((descr?, order?, shape?))
}

/// Splits a text into the Python string that it begins with and the rest.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|quote| "'\"".contains(*quote))?;
    text[1..].split_once(quote)
}

/// Reads the next bytes of a file.
fn take<const N: usize>(file: &mut File) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)
        .context("it ends within its header")?;
    Ok(bytes)
}

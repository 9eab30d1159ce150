//! Memory that we own, with a shape.

use std::ops::Range;
use std::sync::Arc;

use super::View;
use super::memory::Memory;
use crate::kernels::Slice;
use crate::{Dtype, Error};

/// Values on the GPU, with a shape, in row-major order. Made by [`Gpu`](crate::Gpu)'s methods.
///
/// Dropping it gives its memory back to its `Gpu`, for the next tensor of that size. A tensor
/// larger than a buffer can be on the device (256 MiB by wgpu's default limits) lies in several, of
/// whole parts along its first dimension where that can be.
#[derive(Debug)]
pub struct Tensor {
    pub(super) buffers: Vec<wgpu::Buffer>,
    /// Elements in each buffer but the last, which may have less.
    pub(super) cut: usize,
    pub(super) shape: Vec<usize>,
    pub(super) dtype: Dtype,
    pub(super) memory: Arc<Memory>,
}

impl Tensor {
    /// The size of each dimension; empty for a single number.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How its elements are stored.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The number of elements.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a tensor of no elements is a shape like any other"
    )]
    pub fn len(&self) -> usize {
        product(&self.shape)
    }

    /// All of it as a view, to be transposed, cut or repeated.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        self.into()
    }

    /// The tensor's memory, for [`Kernels`](crate::Kernels) and for kernels of your own.
    ///
    /// Call [`Gpu::submit`](crate::Gpu::submit) before you submit commands that use it, and keep
    /// the tensor until you have.
    ///
    /// # Errors
    /// If it lies in several buffers: [`Tensor::slices`] has them all.
    pub fn slice(&self) -> Result<Slice<'_>, Error> {
        match self.buffers.len() {
            1 => Ok(self.part(0..self.len())),
            buffers => Err(Error::several_buffers("tensor", buffers)),
        }
    }

    /// The tensor's memory, one slice for each buffer: one, unless the tensor is larger than a
    /// buffer can be.
    pub fn slices(&self) -> impl Iterator<Item = Slice<'_>> {
        (0..self.buffers.len()).map(|position| {
            let start = position * self.cut;
            self.part(start..self.len().min(start + self.cut))
        })
    }

    /// Elements that lie in one buffer.
    pub(super) fn part(&self, range: Range<usize>) -> Slice<'_> {
        let (position, first) = (range.start / self.cut, range.start % self.cut);
        let (offset, size) = (bytes(first, self.dtype), bytes(range.len(), self.dtype));
        Slice::new(&self.buffers[position], offset, size).with_dtype(self.dtype)
    }
}

impl Drop for Tensor {
    fn drop(&mut self) {
        for buffer in self.buffers.drain(..) {
            self.memory.give_back(buffer);
        }
    }
}

/// The bytes of so many elements.
pub(super) fn bytes(elements: usize, dtype: Dtype) -> u64 {
    elements as u64 * dtype.size()
}

/// How many elements of a tensor lie in one buffer, where a buffer takes so many bytes: as many of
/// any type, so that tensors of one shape are cut alike, and whole parts along the first dimension
/// where there can be.
pub(super) fn cut(shape: &[usize], most_bytes: u64) -> usize {
    let elements = product(shape);
    let most = usize::try_from(most_bytes / Dtype::F32.size()).unwrap_or(usize::MAX);
    let part = product(shape.get(1..).unwrap_or_default()).max(1);
    if elements <= most {
        elements.max(1)
    } else if part <= most {
        most / part * part
    } else {
        most / 4 * 4
    }
}

/// The product of dimensions. Where one of a tensor's is 0, those of the others may exceed any
/// number.
pub(super) fn product(dimensions: &[usize]) -> usize {
    dimensions
        .iter()
        .fold(1, |product, &dimension| product.saturating_mul(dimension))
}

/// The number of elements of a shape.
pub(super) fn elements(shape: &[usize]) -> Result<usize, Error> {
    let product = shape
        .iter()
        .try_fold(1usize, |product, &dimension| product.checked_mul(dimension));
    // A dimension of 0 makes any shape empty, also one whose other dimensions overflow.
    let product = if shape.contains(&0) { Some(0) } else { product };
    product
        .filter(|&elements| (elements as u64).checked_mul(8).is_some())
        .ok_or_else(|| Error::shape_overflow(shape))
}

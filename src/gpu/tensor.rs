//! Tensors: memory on the GPU with a shape and a dtype.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::View;
use super::memory::Memory;
use crate::kernels::Slice;
use crate::{Dtype, Error};

/// Values on the GPU with a shape, in row-major order. [`Gpu`](crate::Gpu)'s methods make it.
///
/// A dropped tensor gives its memory back to its `Gpu`, for the next tensor of that size. If a
/// tensor is larger than the device's largest buffer (256 MiB by wgpu's default limits), it lies in
/// several buffers. If possible, they divide it between positions of its first dimension.
#[derive(Debug)]
pub struct Tensor {
    pub(super) buffers: Arc<Buffers>,
    /// The elements in each buffer but the last, which may have fewer.
    pub(super) cut: usize,
    pub(super) shape: Vec<usize>,
    pub(super) dtype: Dtype,
}

/// The buffers of a tensor, or of several that share them. The last one gives them back.
#[derive(Debug)]
pub(super) struct Buffers {
    buffers: Vec<wgpu::Buffer>,
    pub(super) memory: Arc<Memory>,
}

impl Buffers {
    pub(super) fn new(memory: &Arc<Memory>) -> Self {
        Self {
            buffers: Vec::new(),
            memory: memory.clone(),
        }
    }

    pub(super) fn push(&mut self, buffer: wgpu::Buffer) {
        self.buffers.push(buffer);
    }
}

impl Deref for Buffers {
    type Target = [wgpu::Buffer];

    fn deref(&self) -> &[wgpu::Buffer] {
        &self.buffers
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        for buffer in self.buffers.drain(..) {
            self.memory.give_back(buffer);
        }
    }
}

impl Tensor {
    /// The size of each dimension. A single number has the shape `[]`.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The type of the elements.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The number of elements.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "few programs ask whether a tensor has no elements"
    )]
    pub fn len(&self) -> usize {
        product(&self.shape)
    }

    /// Returns a view of the whole tensor, which can then be transposed, narrowed or broadcast.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        self.into()
    }

    /// Returns the tensor's memory, for [`Kernels`](crate::Kernels) and for kernels of your own.
    ///
    /// Call [`Gpu::submit`](crate::Gpu::submit) before you submit commands that use it, and keep
    /// the tensor until you have submitted them.
    ///
    /// # Errors
    /// [`Error::Argument`] if the tensor lies in several buffers. [`Tensor::slices`] returns all of
    /// them.
    pub fn slice(&self) -> Result<Slice<'_>, Error> {
        match self.buffers.len() {
            1 => Ok(self.part(0..self.len())),
            buffers => Err(Error::several_buffers("tensor", buffers)),
        }
    }

    /// Returns the tensor's memory, one slice for each buffer.
    pub fn slices(&self) -> impl Iterator<Item = Slice<'_>> {
        (0..self.buffers.len()).map(|position| {
            let start = position * self.cut;
            self.part(start..self.len().min(start + self.cut))
        })
    }

    /// Returns a tensor that shares the memory of this one.
    pub(super) fn shared(&self) -> Self {
        Self {
            buffers: self.buffers.clone(),
            shape: self.shape.clone(),
            ..*self
        }
    }

    /// Returns the slice of a range of elements, which must lie in one buffer.
    pub(super) fn part(&self, range: Range<usize>) -> Slice<'_> {
        let (position, first) = (range.start / self.cut, range.start % self.cut);
        let (offset, size) = (bytes(first, self.dtype), bytes(range.len(), self.dtype));
        Slice::new(&self.buffers[position], offset, size).with_dtype(self.dtype)
    }
}

pub(super) fn bytes(elements: usize, dtype: Dtype) -> u64 {
    elements as u64 * dtype.size()
}

/// Returns the number of elements in each buffer of a tensor. It does not depend on the dtype, so
/// that all tensors of one shape are divided alike. If possible, the buffers divide the tensor
/// between positions of its first dimension.
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

/// Returns the product of dimensions. If another dimension of the tensor is 0, it may be larger
/// than any number.
pub(super) fn product(dimensions: &[usize]) -> usize {
    dimensions.iter().copied().fold(1, usize::saturating_mul)
}

/// Returns the dimensions in the type of the low-level API.
pub(super) fn wide(dimensions: &[usize]) -> Vec<u64> {
    dimensions.iter().map(|&size| size as u64).collect()
}

/// Returns the number of elements of a shape.
pub(super) fn elements(shape: &[usize]) -> Result<usize, Error> {
    let mut dimensions = shape.iter().copied();
    let product = dimensions.try_fold(1, usize::checked_mul);
    // A dimension of 0 makes a shape empty even if the other dimensions overflow.
    let product = if shape.contains(&0) { Some(0) } else { product };
    product
        .filter(|&elements| (elements as u64).checked_mul(8).is_some())
        .ok_or_else(|| Error::shape_overflow(shape))
}

//! The places of the elements of a strided view.

use super::uniforms::{Divisor, MOST_DIMENSIONS, Strides};
use crate::Error;
use crate::wgsl::operand::MOST_OPERANDS;

/// A shape, and how many elements apart neighbours along each dimension are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StridedLayout {
    dimensions: usize,
    shape: [u64; MOST_DIMENSIONS],
    strides: [u64; MOST_DIMENSIONS],
}

impl StridedLayout {
    /// A view of a slice with so many elements.
    pub(crate) fn new(shape: &[u64], strides: &[u64], elements: u64) -> Result<Self, Error> {
        if shape.len() > MOST_DIMENSIONS || strides.len() != shape.len() {
            return Err(Error::argument(
                "strides",
                format!(
                    "there are {} for the shape {shape:?}, but there must be one for each dimension, of which there \
                     can be {MOST_DIMENSIONS}",
                    strides.len()
                ),
            ));
        }
        let is_empty = shape.contains(&0);
        let product = shape
            .iter()
            .try_fold(1u64, |product, &size| product.checked_mul(size));
        if product.is_none() && !is_empty {
            return Err(Error::shape_overflow(&sizes(shape)));
        }
        let last = shape
            .iter()
            .zip(strides)
            .try_fold(0u64, |sum, (&size, &stride)| {
                sum.checked_add(size.saturating_sub(1).checked_mul(stride)?)
            });
        if !is_empty && last.is_none_or(|last| last >= elements) {
            return Err(Error::argument(
                "strides",
                format!(
                    "a view of shape {shape:?} with strides {strides:?} reaches past the slice's {elements} elements"
                ),
            ));
        }
        let (mut own_shape, mut own_strides) = ([1; MOST_DIMENSIONS], [0; MOST_DIMENSIONS]);
        own_shape[..shape.len()].copy_from_slice(shape);
        own_strides[..shape.len()].copy_from_slice(strides);
        Ok(Self {
            dimensions: shape.len(),
            shape: own_shape,
            strides: own_strides,
        })
    }

    pub(crate) fn shape(&self) -> &[u64] {
        &self.shape[..self.dimensions]
    }

    /// The shape in the type of the public API.
    pub(super) fn sizes(&self) -> Vec<usize> {
        sizes(self.shape())
    }

    pub(crate) fn elements(&self) -> u64 {
        if self.shape().contains(&0) {
            0
        } else {
            self.shape().iter().product()
        }
    }

    /// The elements from the first one to the last one, both included.
    pub(super) fn reach(&self) -> u64 {
        let steps = self.shape().iter().zip(self.strides);
        let distances = steps.map(|(&size, stride)| size.saturating_sub(1).saturating_mul(stride));
        distances.fold(1, u64::saturating_add)
    }

    /// True if elements follow each other.
    pub(crate) fn is_contiguous(&self) -> bool {
        // Beside a dimension of 0, the others may have any product.
        let mut expected = 1u64;
        self.shape()
            .iter()
            .zip(self.strides)
            .rev()
            .all(|(&size, stride)| {
                let is_next = size == 1 || stride == expected;
                expected = expected.saturating_mul(size);
                is_next
            })
    }
}

fn sizes(shape: &[u64]) -> Vec<usize> {
    shape.iter().map(|&size| size as usize).collect()
}

/// The strides of all operands of a dispatch, which have one shape. Dimensions that follow each
/// other become one if every operand goes through them at one stride.
pub(super) fn strides(
    layouts: &[Option<StridedLayout>; MOST_OPERANDS],
    start: u32,
) -> Option<Strides> {
    let first = layouts.iter().flatten().next()?;
    let strides_of = |dimension: usize| {
        layouts.map(|layout| layout.map_or(0, |layout| layout.strides[dimension]))
    };
    let mut shape = [1; MOST_DIMENSIONS];
    let mut strides = [[0; MOST_OPERANDS]; MOST_DIMENSIONS];
    let mut count = 0;
    for dimension in (0..first.dimensions)
        .rev()
        .filter(|&dimension| first.shape[dimension] != 1)
    {
        let (size, own) = (first.shape[dimension], strides_of(dimension));
        let continues = |inner: [u64; MOST_OPERANDS]| {
            own.iter()
                .zip(inner)
                .all(|(&own, inner)| own == inner * shape[count - 1])
        };
        if count > 0 && continues(strides[count - 1]) {
            shape[count - 1] *= size;
        } else {
            (shape[count], strides[count]) = (size, own);
            count += 1;
        }
    }
    Some(Strides {
        start,
        dimensions: count as u32,
        shape: shape.map(|size| Divisor::new(size as u32)),
        strides: strides.map(|strides| strides.map(|stride| stride as u32)),
        ..Strides::default()
    })
}

//! Where the elements of a strided view lie.

use super::call::{Divisor, Views};
use crate::Error;

/// Dimensions of a view.
pub(crate) const MOST_DIMENSIONS: usize = 6;

/// A shape, and how many elements apart neighbours along each dimension are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    dimensions: usize,
    shape: [u64; MOST_DIMENSIONS],
    strides: [u64; MOST_DIMENSIONS],
}

impl Layout {
    /// Of a slice with so many elements.
    pub(crate) fn new(shape: &[u64], strides: &[u64], elements: u64) -> Result<Self, Error> {
        let of_shape = || {
            shape
                .iter()
                .map(|&dimension| dimension as usize)
                .collect::<Vec<_>>()
        };
        if shape.len() > MOST_DIMENSIONS || strides.len() != shape.len() {
            return Err(Error::Dimensions {
                shape: of_shape(),
                strides: strides.to_vec(),
                most: MOST_DIMENSIONS,
            });
        }
        let is_empty = shape.contains(&0);
        let product = shape
            .iter()
            .try_fold(1u64, |product, &dimension| product.checked_mul(dimension));
        if product.is_none() && !is_empty {
            return Err(Error::ShapeOverflow { shape: of_shape() });
        }
        let last = shape
            .iter()
            .zip(strides)
            .try_fold(0u64, |sum, (&dimension, &stride)| {
                sum.checked_add(dimension.saturating_sub(1).checked_mul(stride)?)
            });
        if !is_empty && last.is_none_or(|last| last >= elements) {
            return Err(Error::ViewOutOfBounds {
                shape: of_shape(),
                strides: strides.to_vec(),
                elements,
            });
        }
        let mut layout = Self {
            dimensions: shape.len(),
            shape: [1; 6],
            strides: [0; 6],
        };
        layout.shape[..shape.len()].copy_from_slice(shape);
        layout.strides[..shape.len()].copy_from_slice(strides);
        Ok(layout)
    }

    pub(crate) fn shape(&self) -> &[u64] {
        &self.shape[..self.dimensions]
    }

    pub(crate) fn elements(&self) -> u64 {
        if self.shape().contains(&0) {
            0
        } else {
            self.shape().iter().product()
        }
    }

    /// How far the last element lies from the first.
    pub(crate) fn reach(&self) -> u64 {
        let step =
            |(&dimension, stride): (&u64, u64)| dimension.saturating_sub(1).saturating_mul(stride);
        self.shape()
            .iter()
            .zip(self.strides)
            .map(step)
            .fold(0, u64::saturating_add)
    }

    /// Whether elements follow each other.
    pub(crate) fn is_contiguous(&self) -> bool {
        // Beside a dimension of 0, the others may have any product.
        let mut expected = 1u64;
        self.shape()
            .iter()
            .zip(self.strides)
            .rev()
            .all(|(&dimension, stride)| {
                let is_next = dimension == 1 || stride == expected;
                expected = expected.saturating_mul(dimension);
                is_next
            })
    }
}

/// What kernels are told about the layouts of their inputs, which have one shape, in the order of `Views::strides`: neighbouring
/// dimensions that all inputs go through at one stride are one.
pub(super) fn views(layouts: &[Option<Layout>; 4], start: u32) -> Views {
    let Some(first) = layouts.iter().flatten().next() else {
        return Views::default();
    };
    let mut views = Views {
        start,
        ..Views::default()
    };
    let strides_of = |dimension: usize| {
        layouts.map(|layout| layout.map_or(0, |layout| layout.strides[dimension]))
    };
    let mut shape = [1; MOST_DIMENSIONS];
    let mut strides = [[0; 4]; MOST_DIMENSIONS];
    let mut count = 0;
    for dimension in (0..first.dimensions)
        .rev()
        .filter(|&dimension| first.shape[dimension] != 1)
    {
        let (size, own) = (first.shape[dimension], strides_of(dimension));
        let continues = |inner: [u64; 4]| {
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
    views.dimensions = count as u32;
    views.shape = shape.map(|size| Divisor::new(size as u32));
    views.strides = strides.map(|strides| strides.map(|stride| stride as u32));
    views
}

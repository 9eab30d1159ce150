//! The layouts of strided views, and of tensors that are broadcast.

use super::dimensions::Dimensions;
use super::uniforms::MOST_DIMENSIONS;
use crate::Error;

/// A shape, and how many elements apart neighbours along each dimension are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StridedLayout {
    dimensions: usize,
    shape: [u64; MOST_DIMENSIONS],
    pub(super) strides: [u64; MOST_DIMENSIONS],
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
        Ok(Self::of(shape, strides))
    }

    /// The elements of a slice from the first that the view has to the last.
    pub(super) fn reach(&self) -> u64 {
        let to_last = |(&size, &stride): (&u64, &u64)| (size - 1) * stride;
        match self.elements() {
            0 => 0,
            _ => {
                1 + self
                    .shape
                    .iter()
                    .zip(&self.strides)
                    .map(to_last)
                    .sum::<u64>()
            }
        }
    }

    /// A layout of at most 6 dimensions.
    fn of(shape: &[u64], strides: &[u64]) -> Self {
        let (mut own_shape, mut own_strides) = ([1; MOST_DIMENSIONS], [0; MOST_DIMENSIONS]);
        own_shape[..shape.len()].copy_from_slice(shape);
        own_strides[..shape.len()].copy_from_slice(strides);
        Self {
            dimensions: shape.len(),
            shape: own_shape,
            strides: own_strides,
        }
    }

    /// A contiguous tensor that is broadcast to another shape by NumPy's rules: the dimensions are
    /// aligned at the end, and those that have size 1 or are missing are repeated. Neighbouring
    /// dimensions become one where both are repeated or neither is. Returns `None` if the shapes do
    /// not fit.
    pub(crate) fn broadcast(shape: &[u64], to: &[u64]) -> Result<Option<Self>, Error> {
        let Some(missing) = to.len().checked_sub(shape.len()) else {
            return Ok(None);
        };
        // Innermost dimensions come first.
        let mut merged: Vec<(u64, u64)> = Vec::new();
        let mut elements: u64 = 1;
        for (position, &size) in to.iter().enumerate().rev() {
            let own = position
                .checked_sub(missing)
                .map_or(1, |position| shape[position]);
            if own != size && own != 1 {
                return Ok(None);
            }
            let stride = if own == 1 { 0 } else { elements };
            elements = elements.saturating_mul(own);
            match merged.last_mut() {
                _ if size == 1 => {}
                Some(inner) if stride == inner.0.saturating_mul(inner.1) => {
                    inner.0 = inner.0.saturating_mul(size);
                }
                _ => merged.push((size, stride)),
            }
        }
        if merged.len() > MOST_DIMENSIONS {
            return Err(too_many_dimensions());
        }
        let (shape, strides): (Vec<_>, Vec<_>) = merged.into_iter().rev().unzip();
        Ok(Some(Self::of(&shape, &strides)))
    }

    /// A view of this shape that is broadcast to another one, to which it fits.
    pub(super) fn repeated_to(self, shape: &[u64], to: &[u64]) -> Result<Self, Error> {
        // Views may have lost or merged dimensions when they were made.
        if self.shape() != shape || to.len() > MOST_DIMENSIONS {
            return Err(too_many_dimensions());
        }
        let missing = to.len() - shape.len();
        let own = self.strides.iter().zip(shape);
        let own = own.map(|(&stride, &size)| if size == 1 { 0 } else { stride });
        let strides: Vec<_> = std::iter::repeat_n(0, missing).chain(own).collect();
        Ok(Self::of(to, &strides))
    }

    /// So many elements that are repeated one by one, and then all of them again and again.
    pub(super) fn repeated(repeat: Repeat, elements: u64) -> Self {
        let Repeat { period, inner } = repeat;
        Self::of(&[elements / (period * inner), period, inner], &[0, 1, 0])
    }

    /// So many elements that follow each other.
    pub(super) fn contiguous(elements: u64) -> Self {
        Self::of(&[elements], &[1])
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
            // A shape that no memory holds is refused by its number of elements.
            self.shape().iter().copied().fold(1, u64::saturating_mul)
        }
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

    /// The pattern of a layout that only repeats elements one by one, or all of them again and
    /// again, or both.
    pub(super) fn repeat(&self) -> Option<Repeat> {
        let dimensions = Dimensions::of(&[Some(*self)])?.0;
        let sizes = dimensions
            .iter()
            .map(|dimension| (dimension.size, dimension.strides[0]));
        match sizes.collect::<Vec<_>>()[..] {
            [] | [(_, 0)] => Some(Repeat::default()),
            [(period, 1)] | [(period, 1), (_, 0)] => Some(Repeat { period, inner: 1 }),
            [(inner, 0), (period, 1)] | [(inner, 0), (period, 1), (_, 0)] => {
                Some(Repeat { period, inner })
            }
            _ => None,
        }
    }
}

fn sizes(shape: &[u64]) -> Vec<usize> {
    shape.iter().map(|&size| size as usize).collect()
}

pub(super) fn too_many_dimensions() -> Error {
    let message = format!(
        "more than {MOST_DIMENSIONS} dimensions are left when neighbours are merged that all operands go through at \
         one stride"
    );
    Error::argument("shape", message)
}

/// The element at place i is number `i / inner % period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeat {
    pub(super) period: u64,
    pub(super) inner: u64,
}

impl Default for Repeat {
    /// One element for all places.
    fn default() -> Self {
        Self {
            period: 1,
            inner: 1,
        }
    }
}

impl Repeat {
    /// The places until the first element is back.
    pub(super) fn turn(self) -> u64 {
        match self.period {
            1 => 1,
            period => period.saturating_mul(self.inner),
        }
    }
}

//! A tensor as rows along one of its axes.

use super::AxisFunction;
use crate::Error;

/// Rows of elements in row-major memory: a tensor of shape `[outer, length, inner]`, with the rows along its middle axis.
///
/// Every axis of every shape is one: `outer` is the product of the dimensions before it, `inner` of those after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisShape {
    /// The product of the dimensions before the axis.
    pub outer: u64,
    /// The elements of a row.
    pub length: u64,
    /// The product of the dimensions after the axis: elements from one of a row to the next.
    pub inner: u64,
}

impl AxisShape {
    /// `outer * inner` rows of `length` elements.
    #[must_use]
    pub fn new(outer: u64, length: u64, inner: u64) -> Self {
        Self {
            outer,
            length,
            inner,
        }
    }

    /// The rows along an axis of a shape; a negative axis counts from the end. A single number, of the shape `[]`, is a row of
    /// one element along its axis 0 or -1, as in PyTorch.
    ///
    /// # Errors
    /// If there is no such axis.
    pub fn along(shape: &[usize], axis: isize) -> Result<Self, Error> {
        let position = position(axis, shape.len().max(1))?;
        let product = |dimensions: &[usize]| {
            dimensions.iter().fold(1u64, |product, &dimension| {
                product.saturating_mul(dimension as u64)
            })
        };
        let length = shape.get(position).map_or(1, |&length| length as u64);
        let inner = product(shape.get(position + 1..).unwrap_or_default());
        Ok(Self {
            outer: product(&shape[..position]),
            length,
            inner,
        })
    }

    /// The number of elements, if memory can have as many.
    pub(crate) fn elements(self) -> Option<u64> {
        // A dimension of 0 makes any shape empty.
        let factors = [self.outer, self.length, self.inner];
        if factors.contains(&0) {
            return Some(0);
        }
        factors
            .into_iter()
            .try_fold(1u64, u64::checked_mul)
            .filter(|elements| elements.checked_mul(8).is_some())
    }

    /// The rows of what a function makes of these.
    pub(crate) fn of_output(self, function: AxisFunction) -> Result<Self, Error> {
        let length = match function {
            AxisFunction::Logsumexp => 1,
            AxisFunction::Maxout { groups } => {
                let (length, groups) = (self.length, u64::from(groups.max(1)));
                if !length.is_multiple_of(groups) {
                    return Err(Error::groups(length, groups));
                }
                length / groups
            }
            AxisFunction::Crelu => self.length.saturating_mul(2),
            _ => self.length,
        };
        Ok(Self { length, ..self })
    }
}

/// Where an axis is that may count from the end.
pub(crate) fn position(axis: isize, dimensions: usize) -> Result<usize, Error> {
    let from_start = if axis < 0 {
        axis.checked_add_unsigned(dimensions)
    } else {
        Some(axis)
    };
    let position = from_start
        .and_then(|axis| usize::try_from(axis).ok())
        .filter(|&position| position < dimensions);
    position.ok_or_else(|| Error::axis(axis, dimensions))
}

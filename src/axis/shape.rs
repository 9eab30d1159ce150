//! A tensor as rows along one of its axes.

use super::AxisFunction;
use crate::Error;

/// A tensor as rows along one of its axes: a row-major tensor of shape `[outer, length, inner]`,
/// whose rows lie along the middle axis.
///
/// Any axis of any shape can be seen in this way: `outer` is the product of the dimensions before
/// the axis, and `inner` is the product of those after it.
///
/// ```
/// use wgpu_activations::AxisShape;
///
/// let rows = AxisShape::along(&[2, 3, 4, 5], 1)?;
/// assert_eq!(rows, AxisShape::new(2, 3, 20));
/// assert_eq!(AxisShape::along(&[64, 10], -1)?, AxisShape::new(64, 10, 1));
/// # Ok::<(), wgpu_activations::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AxisShape {
    /// The product of the dimensions before the axis.
    pub outer: u64,
    /// The number of elements of a row.
    pub length: u64,
    /// The product of the dimensions after the axis, which is the distance from one element of a
    /// row to the next.
    pub inner: u64,
}

impl AxisShape {
    /// The shape of `outer * inner` rows of `length` elements.
    #[must_use]
    pub fn new(outer: u64, length: u64, inner: u64) -> Self {
        Self {
            outer,
            length,
            inner,
        }
    }

    /// The rows along an axis of a shape. A negative axis counts from the end. As in PyTorch, a
    /// tensor of shape `[]`, which is a single number, is a row of one element along axis 0 or -1.
    ///
    /// ```
    /// use wgpu_activations::{AxisShape, Error};
    ///
    /// assert_eq!(AxisShape::along(&[8, 4, 16], -2)?, AxisShape::new(8, 4, 16));
    /// assert!(AxisShape::along(&[8, 4, 16], 3).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if the shape has no such axis.
    pub fn along(shape: &[usize], axis: isize) -> Result<Self, Error> {
        let position = position(axis, shape.len().max(1))?;
        let product = |dimensions: &[usize]| {
            dimensions.iter().fold(1u64, |product, &dimension| {
                product.saturating_mul(dimension as u64)
            })
        };
        Ok(Self {
            outer: product(&shape[..position]),
            length: shape.get(position).map_or(1, |&length| length as u64),
            inner: product(shape.get(position + 1..).unwrap_or_default()),
        })
    }

    /// The number of elements of a tensor on the CPU.
    pub(crate) fn checked_elements(self) -> Result<u64, Error> {
        self.elements().ok_or_else(|| {
            let Self {
                outer,
                length,
                inner,
            } = self;
            let message = format!(
                "the shape [{outer}, {length}, {inner}] has more elements than can be addressed"
            );
            Error::argument("rows", message)
        })
    }

    /// The number of elements, or `None` if no memory could hold so many.
    pub(crate) fn elements(self) -> Option<u64> {
        // A dimension of 0 makes a shape empty even if the other dimensions overflow.
        let factors = [self.outer, self.length, self.inner];
        if factors.contains(&0) {
            return Some(0);
        }
        factors
            .into_iter()
            .try_fold(1u64, u64::checked_mul)
            .filter(|elements| elements.checked_mul(8).is_some())
    }

    /// The shape of a function's output for an input of this shape: logsumexp gives one element
    /// for each row, maxout one for each group, crelu two for each element.
    ///
    /// # Errors
    /// [`Error::Argument`] if a row cannot be cut into the groups of maxout, [`Error::Parameter`] if
    /// their number is out of its range.
    pub fn of_output(self, function: AxisFunction) -> Result<Self, Error> {
        let length = match function {
            AxisFunction::Logsumexp => 1,
            AxisFunction::Maxout { groups } => {
                function.checked()?;
                let (length, groups) = (self.length, u64::from(groups));
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

/// The position of an axis, which may count from the end.
pub(crate) fn position(axis: isize, dimensions: usize) -> Result<usize, Error> {
    let from_start = if axis < 0 {
        axis.checked_add_unsigned(dimensions)
    } else {
        Some(axis)
    };
    from_start
        .and_then(|axis| usize::try_from(axis).ok())
        .filter(|&position| position < dimensions)
        .ok_or_else(|| Error::axis(axis, dimensions))
}

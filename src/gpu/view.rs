//! Views of tensors: transposed, narrowed or broadcast without a copy.

use super::Tensor;
use super::tensor::{elements, product, wide};
use crate::axis::position;
use crate::kernels::{Slice, StridedLayout};
use crate::{Dtype, Error};

/// A tensor with its dimensions in another order, a part of a tensor, or a repeated tensor. Nothing
/// is copied.
///
/// `&tensor` converts into a view. Most methods of [`Gpu`](crate::Gpu) read views.
///
/// ```
/// use wgpu_activations::{Activation, Gpu};
///
/// # fn main() -> Result<(), wgpu_activations::Error> {
/// let gpu = Gpu::new_blocking()?;
/// let x = gpu.upload(&[0.0, -1.0, 2.0, -3.0, 4.0, -5.0], [2, 3])?;
/// let y = gpu.forward(Activation::Relu, x.view().transpose(0, 1)?)?; // [3, 2]
/// let [y] = gpu.read_blocking([&y])?;
/// assert_eq!(y, [0.0, 0.0, 0.0, 4.0, 2.0, 0.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct View<'a> {
    pub(super) tensor: &'a Tensor,
    pub(super) shape: Vec<usize>,
    /// The elements of the tensor before the first element of the view.
    offset: usize,
    /// `None` if the elements follow each other.
    layout: Option<StridedLayout>,
    strides: Vec<usize>,
}

impl<'a> From<&'a Tensor> for View<'a> {
    fn from(tensor: &'a Tensor) -> Self {
        let shape = tensor.shape.clone();
        let strides = (0..shape.len())
            .map(|axis| product(&shape[axis + 1..]))
            .collect();
        Self {
            tensor,
            shape,
            offset: 0,
            layout: None,
            strides,
        }
    }
}

impl View<'_> {
    /// The size of each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Reorders the dimensions, as PyTorch's `permute` does: `axes` has each dimension once. A
    /// negative axis counts from the end.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let images = gpu.upload(&[0.0; 24], [2, 3, 4])?;
    /// let channels_last = images.view().permute(&[0, 2, 1])?;
    /// assert_eq!(gpu.forward(Activation::Relu, channels_last)?.shape(), [2, 4, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if `axes` is no permutation, if there are more than 6 dimensions, or if
    /// the tensor lies in several buffers.
    pub fn permute(&self, axes: &[isize]) -> Result<Self, Error> {
        let positions = axes
            .iter()
            .map(|&axis| position(axis, self.shape.len()))
            .collect::<Result<Vec<_>, _>>()?;
        let mut sorted = positions.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..self.shape.len()) {
            let message = format!(
                "{axes:?} are not a permutation of the {} dimensions",
                self.shape.len()
            );
            return Err(Error::argument("axes", message));
        }
        let pick = |of: &[usize]| positions.iter().map(|&position| of[position]).collect();
        self.with(pick(&self.shape), pick(&self.strides), self.offset)
    }

    /// Exchanges two dimensions. A negative axis counts from the end.
    ///
    /// # Errors
    /// As [`View::permute`].
    pub fn transpose(&self, axis: isize, other: isize) -> Result<Self, Error> {
        let dimensions = self.shape.len();
        let mut axes: Vec<_> = (0..).take(dimensions).collect();
        axes.swap(position(axis, dimensions)?, position(other, dimensions)?);
        self.permute(&axes)
    }

    /// Takes `length` positions of a dimension from `start` on, as PyTorch's `narrow` does.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [2, 3])?;
    /// let last_two_columns = x.view().narrow(-1, 1, 2)?;
    /// let y = gpu.forward(Activation::Identity, last_two_columns)?;
    /// assert_eq!(gpu.read_blocking(&y)?, [1.0, 2.0, 4.0, 5.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`View::permute`], and [`Error::Argument`] if the tensor has no such axis or too few
    /// positions along it.
    pub fn narrow(&self, axis: isize, start: usize, length: usize) -> Result<Self, Error> {
        let position = position(axis, self.shape.len())?;
        let most = self.shape[position];
        if start.checked_add(length).is_none_or(|end| end > most) {
            let message = format!(
                "{length} elements from {start} on are asked for, but there are {most} along this dimension"
            );
            return Err(Error::argument("length", message));
        }
        let mut shape = self.shape.clone();
        shape[position] = length;
        // An empty view may begin behind the last element, which has no slice.
        let offset = if shape.contains(&0) {
            0
        } else {
            self.offset + start * self.strides[position]
        };
        self.with(shape, self.strides.clone(), offset)
    }

    /// Broadcasts to a shape by the rules of NumPy and PyTorch: the dimensions are aligned at the
    /// end, and dimensions that have size 1 or are missing are repeated.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let row = gpu.upload(&[1.0, -2.0], [2])?;
    /// let y = gpu.forward(Activation::Relu, row.view().broadcast_to([3, 2])?)?;
    /// assert_eq!(gpu.read_blocking(&y)?, [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`View::permute`], and [`Error::Argument`] if the shapes do not fit.
    pub fn broadcast_to(&self, shape: impl AsRef<[usize]>) -> Result<Self, Error> {
        let shape = shape.as_ref();
        elements(shape)?;
        let new = shape.len().checked_sub(self.shape.len());
        let fits = |&new: &usize| {
            let mut sizes = self.shape.iter().zip(&shape[new..]);
            sizes.all(|(&own, &wanted)| own == wanted || own == 1)
        };
        let Some(new) = new.filter(fits) else {
            return Err(Error::shape("view", &self.shape, shape));
        };
        let own = self.strides.iter().zip(&self.shape);
        let own = own.map(|(&stride, &size)| if size == 1 { 0 } else { stride });
        let strides = std::iter::repeat_n(0, new).chain(own).collect();
        self.with(shape.to_vec(), strides, self.offset)
    }

    fn with(&self, shape: Vec<usize>, strides: Vec<usize>, offset: usize) -> Result<Self, Error> {
        let tensor = self.tensor;
        if tensor.buffers.len() > 1 {
            return Err(Error::several_buffers("view", tensor.buffers.len()));
        }
        let layout = StridedLayout::new(
            &wide(&shape),
            &wide(&strides),
            (tensor.len() - offset) as u64,
        )?;
        let layout = Some(layout).filter(|layout| !layout.is_contiguous());
        Ok(Self {
            tensor,
            shape,
            offset,
            layout,
            strides,
        })
    }
}

impl<'a> View<'a> {
    pub(super) fn dtype(&self) -> Dtype {
        self.tensor.dtype
    }

    /// Returns whether the view is the tensor as it lies in memory.
    pub(super) fn is_whole(&self) -> bool {
        self.layout.is_none() && self.offset == 0
    }

    /// The slice of the only buffer.
    pub(super) fn slice(&self) -> Slice<'a> {
        let end = match self.layout {
            Some(_) => self.tensor.len(),
            None => self.offset + product(&self.shape),
        };
        Slice {
            layout: self.layout,
            ..self.tensor.part(self.offset..end)
        }
    }
}

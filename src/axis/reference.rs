//! The references of functions along an axis, for all rows of a tensor.

use super::{AxisFunction, AxisShape};
use crate::{Error, reference};

impl AxisShape {
    fn rows(self) -> std::ops::Range<usize> {
        0..(self.outer * self.inner) as usize
    }

    /// The positions of a row's elements in the tensor.
    fn positions(self, row: usize) -> impl Iterator<Item = usize> {
        let (length, inner) = (self.length as usize, self.inner as usize);
        let first = row / inner * length * inner + row % inner;
        (0..length).map(move |i| first + i * inner)
    }

    /// A row of a tensor of this shape.
    fn row(self, tensor: &[f64], row: usize) -> Vec<f64> {
        let elements = self.positions(row).filter_map(|i| tensor.get(i));
        elements.copied().collect()
    }

    /// `N` tensors of this shape, whose rows are what `results` returns for each row.
    fn tensors<const N: usize>(self, results: impl Fn(usize) -> [Vec<f64>; N]) -> [Vec<f64>; N] {
        let elements = self.elements().unwrap_or(0) as usize;
        let mut tensors = [(); N].map(|()| vec![0.0; elements]);
        for row in self.rows() {
            for (tensor, result) in tensors.iter_mut().zip(results(row)) {
                for (i, value) in self.positions(row).zip(result) {
                    tensor[i] = value;
                }
            }
        }
        tensors
    }
}

impl AxisFunction {
    /// Computes the function along each row of x on the CPU, in f64. x must have as many elements
    /// as `rows`.
    ///
    /// # Errors
    /// [`Error::Argument`] if a row cannot be cut into the groups of maxout.
    pub fn forward(self, rows: AxisShape, x: &[f64]) -> Result<Vec<f64>, Error> {
        let temperature = self.temperature().into();
        let [y] = rows.of_output(self)?.tensors(|row| {
            let x = rows.row(x, row);
            [match self {
                Self::Softmax { .. } => reference::softmax(&x, temperature),
                Self::LogSoftmax { .. } => reference::log_softmax(&x, temperature),
                Self::Softmin { .. } => reference::softmin(&x, temperature),
                Self::Logsumexp => vec![reference::logsumexp(&x)],
                Self::Hardmax => reference::hardmax(&x),
                Self::Maxout { groups } => reference::maxout(&x, groups as usize),
                Self::Crelu => reference::crelu(&x),
            }]
        });
        Ok(y)
    }

    /// Computes the gradient with respect to x on the CPU, in f64. `saved` is x or the output of
    /// the forward pass, as [`AxisInfo::saved`](crate::AxisInfo::saved) says.
    ///
    /// ```
    /// use wgpu_activations::{AxisFunction, AxisShape};
    ///
    /// let rows = AxisShape::along(&[2], 0)?;
    /// let y = AxisFunction::SOFTMAX.forward(rows, &[3.0, 3.0])?;
    /// assert_eq!(AxisFunction::SOFTMAX.backward(rows, &y, &[1.0, 0.0])?, [0.25, -0.25]);
    /// # Ok::<(), wgpu_activations::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if a row cannot be cut into the groups of maxout.
    pub fn backward(
        self,
        rows: AxisShape,
        saved: &[f64],
        grad_output: &[f64],
    ) -> Result<Vec<f64>, Error> {
        let (output, temperature) = (rows.of_output(self)?, self.temperature().into());
        let [grad_x] = rows.tensors(|row| {
            let (saved, grad) = (rows.row(saved, row), output.row(grad_output, row));
            [match self {
                Self::Softmax { .. } => reference::softmax_backward(&saved, &grad, temperature),
                Self::LogSoftmax { .. } => {
                    reference::log_softmax_backward(&saved, &grad, temperature)
                }
                Self::Softmin { .. } => reference::softmin_backward(&saved, &grad, temperature),
                Self::Logsumexp => {
                    reference::logsumexp_backward(&saved, grad.first().copied().unwrap_or(0.0))
                }
                Self::Hardmax => reference::hardmax_backward(&saved),
                Self::Maxout { groups } => {
                    reference::maxout_backward(&saved, &grad, groups as usize)
                }
                Self::Crelu => reference::crelu_backward(&saved, &grad),
            }]
        });
        Ok(grad_x)
    }

    /// Computes the gradients of [`AxisFunction::backward`] with respect to x and to `grad_output`
    /// on the CPU, in f64. y is the output of the forward pass, and `tangent` the gradient with
    /// respect to the result of the backward pass.
    ///
    /// # Errors
    /// [`Error::Argument`] if the function has no double backward.
    pub fn double_backward(
        self,
        rows: AxisShape,
        y: &[f64],
        grad_output: &[f64],
        tangent: &[f64],
    ) -> Result<[Vec<f64>; 2], Error> {
        let double_backward = match self {
            Self::Softmax { .. } => reference::softmax_double_backward,
            Self::LogSoftmax { .. } => reference::log_softmax_double_backward,
            Self::Softmin { .. } => reference::softmin_double_backward,
            _ => {
                return Err(Error::no_double_backward(self.info().name));
            }
        };
        Ok(rows.tensors(|row| {
            let [y, grad, tangent] = [y, grad_output, tangent].map(|tensor| rows.row(tensor, row));
            double_backward(&y, &grad, &tangent, self.temperature().into())
        }))
    }
}

//! The references of functions along an axis, for all rows of a tensor.

use super::{AxisFunction, AxisShape};
use crate::{Error, reference};

impl AxisShape {
    /// Refuses a tensor that has not as many elements as this shape.
    pub(crate) fn check(self, argument: &str, tensor: &[f64]) -> Result<(), Error> {
        Error::check_length(argument, tensor.len() as u64, self.checked_elements()?)
    }

    /// The positions of a row's elements in the tensor.
    pub(crate) fn positions(self, row: usize) -> impl Iterator<Item = usize> {
        let (length, inner) = (self.length as usize, self.inner as usize);
        let first = row / inner * length * inner + row % inner;
        (0..length).map(move |i| first + i * inner)
    }

    /// A row of a tensor of this shape.
    pub(crate) fn row(self, tensor: &[f64], row: usize) -> Vec<f64> {
        self.positions(row).map(|i| tensor[i]).collect()
    }

    /// `N` tensors of this shape, whose rows are what `results` returns for each row.
    fn tensors<const N: usize>(
        self,
        results: impl Fn(usize) -> [Vec<f64>; N],
    ) -> Result<[Vec<f64>; N], Error> {
        let elements = self.checked_elements()? as usize;
        let mut tensors = [(); N].map(|()| Vec::new());
        for tensor in &mut tensors {
            // logsumexp has a result for each row, also of rows without elements.
            let reserved = tensor.try_reserve_exact(elements);
            reserved.map_err(|_| Error::OutOfMemory {
                what: format!("a result of {elements} elements"),
            })?;
            tensor.resize(elements, 0.0);
        }
        // Without elements there may be more rows than can be counted.
        let rows = elements.checked_div(self.length as usize).unwrap_or(0);
        for row in 0..rows {
            for (tensor, result) in tensors.iter_mut().zip(results(row)) {
                for (i, value) in self.positions(row).zip(result) {
                    tensor[i] = value;
                }
            }
        }
        Ok(tensors)
    }
}

impl AxisFunction {
    /// Computes the function along each row of x on the CPU, in f64.
    ///
    /// # Errors
    /// [`Error::Argument`] if x has not as many elements as `rows`, or if a row cannot be cut into
    /// the groups of maxout. [`Error::Parameter`] if the parameter is out of its range.
    pub fn forward(self, rows: AxisShape, x: &[f64]) -> Result<Vec<f64>, Error> {
        let temperature = self.checked()?.temperature().into();
        let output = rows.of_output(self)?;
        rows.check("x", x)?;
        let [y] = output.tensors(|row| {
            let x = rows.row(x, row);
            [match self {
                Self::Softmax { .. } => reference::softmax(&x, temperature),
                Self::LogSoftmax { .. } => reference::log_softmax(&x, temperature),
                Self::Softmin { .. } => reference::softmin(&x, temperature),
                Self::Sparsemax => reference::sparsemax(&x),
                Self::Entmax15 => reference::entmax15(&x),
                Self::Logsumexp => vec![reference::logsumexp(&x)],
                Self::Hardmax => reference::hardmax(&x),
                Self::Maxout { groups } => reference::maxout(&x, groups as usize),
                Self::Crelu => reference::crelu(&x),
            }]
        })?;
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
    /// As [`AxisFunction::forward`], and [`Error::Argument`] if `grad_output` has not as many
    /// elements as the output.
    pub fn backward(
        self,
        rows: AxisShape,
        saved: &[f64],
        grad_output: &[f64],
    ) -> Result<Vec<f64>, Error> {
        let temperature = self.checked()?.temperature().into();
        let output = rows.of_output(self)?;
        // An output that is saved has the shape of x.
        rows.check("saved", saved)?;
        output.check("grad_output", grad_output)?;
        let [grad_x] = rows.tensors(|row| {
            let (saved, grad) = (rows.row(saved, row), output.row(grad_output, row));
            [match self {
                Self::Softmax { .. } => reference::softmax_backward(&saved, &grad, temperature),
                Self::LogSoftmax { .. } => {
                    reference::log_softmax_backward(&saved, &grad, temperature)
                }
                Self::Softmin { .. } => reference::softmin_backward(&saved, &grad, temperature),
                Self::Sparsemax => reference::sparsemax_backward(&saved, &grad),
                Self::Entmax15 => reference::entmax15_backward(&saved, &grad),
                Self::Logsumexp => {
                    reference::logsumexp_backward(&saved, grad.first().copied().unwrap_or(0.0))
                }
                Self::Hardmax => reference::hardmax_backward(&saved),
                Self::Maxout { groups } => {
                    reference::maxout_backward(&saved, &grad, groups as usize)
                }
                Self::Crelu => reference::crelu_backward(&saved, &grad),
            }]
        })?;
        Ok(grad_x)
    }

    /// Computes the gradients of [`AxisFunction::backward`] with respect to x and to `grad_output`
    /// on the CPU, in f64. y is the output of the forward pass, and `tangent` the gradient with
    /// respect to the result of the backward pass.
    ///
    /// # Errors
    /// [`Error::Argument`] if the function has no double backward, or if a tensor has not as many
    /// elements as `rows`. [`Error::Parameter`] if the parameter is out of its range.
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
        let temperature = self.checked()?.temperature().into();
        rows.check("y", y)?;
        rows.check("grad_output", grad_output)?;
        rows.check("tangent", tangent)?;
        rows.tensors(|row| {
            let [y, grad, tangent] = [y, grad_output, tangent].map(|tensor| rows.row(tensor, row));
            double_backward(&y, &grad, &tangent, temperature)
        })
    }
}

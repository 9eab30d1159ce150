//! All rows of a tensor on the CPU.

use super::{AxisFunction, AxisShape};
use crate::{Error, reference};

impl AxisShape {
    /// The elements of a row of this shape's tensor.
    fn row(self, values: &[f64], row: usize) -> Vec<f64> {
        let (length, inner) = (self.length as usize, self.inner as usize);
        let first = row / inner * length * inner + row % inner;
        values
            .iter()
            .skip(first)
            .step_by(inner)
            .take(length)
            .copied()
            .collect()
    }

    fn set_row(self, values: &mut [f64], row: usize, elements: Vec<f64>) {
        let (length, inner) = (self.length as usize, self.inner as usize);
        let first = row / inner * length * inner + row % inner;
        values
            .iter_mut()
            .skip(first)
            .step_by(inner)
            .zip(elements)
            .for_each(|(value, element)| *value = element);
    }

    fn count(self) -> usize {
        (self.outer * self.inner) as usize
    }
}

impl AxisFunction {
    /// The function along the rows of x on the CPU, in f64: the truth that the kernels are tested against. x must have as
    /// many elements as the rows.
    ///
    /// # Errors
    /// If a row of maxout cannot be cut into its groups.
    pub fn forward(self, rows: AxisShape, x: &[f64]) -> Result<Vec<f64>, Error> {
        let output = rows.of_output(self)?;
        let mut y = vec![0.0; output.elements().unwrap_or(0) as usize];
        for row in 0..rows.count() {
            let x = rows.row(x, row);
            let result = match self {
                Self::Softmax { temperature } => reference::softmax(&x, temperature.into()),
                Self::LogSoftmax { temperature } => reference::log_softmax(&x, temperature.into()),
                Self::Softmin { temperature } => reference::softmin(&x, temperature.into()),
                Self::Logsumexp => vec![reference::logsumexp(&x)],
                Self::Hardmax => reference::hardmax(&x),
                Self::Maxout { groups } => reference::maxout(&x, groups as usize),
                Self::Crelu => reference::crelu(&x),
            };
            output.set_row(&mut y, row, result);
        }
        Ok(y)
    }

    /// The gradient with respect to x on the CPU, in f64, from x or from the output of the forward pass
    /// ([`AxisInfo::saved`](crate::AxisInfo::saved)) and the gradient with respect to the output.
    ///
    /// # Errors
    /// If a row of maxout cannot be cut into its groups.
    pub fn backward(
        self,
        rows: AxisShape,
        saved: &[f64],
        grad_output: &[f64],
    ) -> Result<Vec<f64>, Error> {
        let output = rows.of_output(self)?;
        let mut grad_input = vec![0.0; rows.elements().unwrap_or(0) as usize];
        for row in 0..rows.count() {
            let (saved, grad) = (rows.row(saved, row), output.row(grad_output, row));
            let result = match self {
                Self::Softmax { temperature } => {
                    reference::softmax_backward(&saved, &grad, temperature.into())
                }
                Self::LogSoftmax { temperature } => {
                    reference::log_softmax_backward(&saved, &grad, temperature.into())
                }
                Self::Softmin { temperature } => {
                    reference::softmin_backward(&saved, &grad, temperature.into())
                }
                Self::Logsumexp => {
                    reference::logsumexp_backward(&saved, grad.first().copied().unwrap_or(0.0))
                }
                Self::Hardmax => reference::hardmax_backward(&saved),
                Self::Maxout { groups } => {
                    reference::maxout_backward(&saved, &grad, groups as usize)
                }
                Self::Crelu => reference::crelu_backward(&saved, &grad),
            };
            rows.set_row(&mut grad_input, row, result);
        }
        Ok(grad_input)
    }

    /// The gradients of [`AxisFunction::backward`] with respect to x and to `grad_output` on the CPU, in f64, given the output y of
    /// the forward pass and `tangent`, the gradient with respect to the result of the backward pass.
    ///
    /// # Errors
    /// If the function has no double backward.
    pub fn double_backward(
        self,
        rows: AxisShape,
        y: &[f64],
        grad_output: &[f64],
        tangent: &[f64],
    ) -> Result<[Vec<f64>; 2], Error> {
        let mut gradients = [vec![0.0; y.len()], vec![0.0; y.len()]];
        for row in 0..rows.count() {
            let [y, grad, tangent] = [y, grad_output, tangent].map(|values| rows.row(values, row));
            let results = match self {
                Self::Softmax { temperature } => {
                    reference::softmax_double_backward(&y, &grad, &tangent, temperature.into())
                }
                Self::LogSoftmax { temperature } => {
                    reference::log_softmax_double_backward(&y, &grad, &tangent, temperature.into())
                }
                Self::Softmin { temperature } => {
                    reference::softmin_double_backward(&y, &grad, &tangent, temperature.into())
                }
                _ => {
                    return Err(Error::no_double_backward(self.info().name));
                }
            };
            gradients
                .iter_mut()
                .zip(results)
                .for_each(|(gradient, result)| rows.set_row(gradient, row, result));
        }
        Ok(gradients)
    }
}

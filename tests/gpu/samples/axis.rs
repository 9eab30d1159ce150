//! Functions along an axis, and glu.

use std::error::Error;

use wgpu_activations::{Glu, GluLayout, Saved};

use super::read::{Function, Sample};
use crate::support::{gpu, read};

impl Sample {
    /// The failures of a function along an axis, or of glu.
    pub fn failures_along_axis(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let axis = self.axis.ok_or("no axis")?;
        let x = gpu().upload(&self.x, &self.shape[..])?;
        let output = match self.function {
            Function::Axis(function) => gpu().forward_axis(function, axis, &x)?,
            _ => gpu().glu_split(Glu::GLU, axis, GluLayout::ValueGate, &x)?,
        };
        assert_eq!(output.shape(), self.output_shape, "{}", self.text);
        let mut failures = self.far_of(
            "output",
            &read(&output),
            &self.output,
            &self.error_scale_of_output(),
        );
        // ONNX has no gradients.
        if self.grad_output.len() != self.output.len() {
            return Ok(failures);
        }

        let grad_output = gpu().upload(&self.grad_output, &self.output_shape[..])?;
        let grad_input = match self.function {
            Function::Axis(function) => {
                let saved = if function.info().saved == Saved::Output {
                    &output
                } else {
                    &x
                };
                gpu().backward_axis(function, axis, saved, &grad_output)?
            }
            _ => {
                gpu().glu_split_backward(Glu::GLU, axis, GluLayout::ValueGate, &x, &grad_output)?
            }
        };
        assert_eq!(grad_input.shape(), self.shape, "{}", self.text);
        failures.extend(self.far_of(
            "grad_input",
            &read(&grad_input),
            &self.grad_input,
            &self.error_scale_of_gradient(),
        ));
        Ok(failures)
    }

    /// The number of elements along the axis, and their distance. A single number is a row of one.
    pub fn row(&self) -> (usize, usize) {
        let axis = self.axis.unwrap_or(0);
        let axis = if axis < 0 {
            self.shape.len().saturating_add_signed(axis)
        } else {
            axis.unsigned_abs()
        };
        (
            self.shape.get(axis).copied().unwrap_or(1),
            self.shape.iter().skip(axis + 1).product(),
        )
    }

    /// The scales of the outputs' errors. These are the outputs, but logsumexp adds the largest
    /// element and a logarithm, which may cancel.
    pub fn error_scale_of_output(&self) -> Vec<f64> {
        let mut error_scale: Vec<f64> = self.output.iter().map(|y| y.abs()).collect();
        if self.function.name() == "logsumexp" && !self.x.is_empty() {
            let (length, stride) = self.row();
            for (row, scale) in error_scale.iter_mut().enumerate() {
                let first = row / stride * stride * length + row % stride;
                let elements =
                    (0..length).map(|element| f64::from(self.x[first + element * stride]));
                *scale = scale.max(elements.fold(f64::NEG_INFINITY, f64::max).abs());
            }
        }
        error_scale
    }

    /// The scales of the gradients' errors. Where a gradient is a difference, that is the sum of
    /// the two terms.
    pub fn error_scale_of_gradient(&self) -> Vec<f64> {
        let name = self.function.name();
        let (length, stride) = self.row();
        let row = |position: usize| position / stride / length * stride + position % stride;
        let is_of_softmax = ["softmax", "softmin"].contains(&name);
        if !is_of_softmax && name != "log_softmax" {
            return self
                .grad_input
                .iter()
                .map(|gradient| gradient.abs())
                .collect();
        }
        // The output has the shape of x.
        let mut sums = vec![0.0; self.x.len()];
        for (position, (y, grad)) in self.output.iter().zip(&self.grad_output).enumerate() {
            sums[row(position)] += f64::from(grad.abs()) * if is_of_softmax { *y } else { 1.0 };
        }
        let of_element = |(position, (y, grad)): (usize, (&f64, &f32))| {
            let (grad, sum) = (f64::from(grad.abs()), sums[row(position)]);
            if is_of_softmax {
                y * (grad + sum)
            } else {
                grad + y.exp() * sum
            }
        };
        self.output
            .iter()
            .zip(&self.grad_output)
            .enumerate()
            .map(of_element)
            .collect()
    }

    /// Results that are too far from those of the file, measured by their error scales.
    pub fn far_of(
        &self,
        result: &str,
        got: &[f32],
        wanted: &[f64],
        error_scale: &[f64],
    ) -> Vec<String> {
        assert_eq!(
            [got.len(), error_scale.len()],
            [wanted.len(); 2],
            "{}: {result}",
            self.text
        );
        // Exponentials, quotients and products take 8 ulp, of up to 2^-23 each. Each level of the
        // tree of sums rounds once.
        let levels = (self.row().0.max(1) as f64).log2().ceil();
        let relative = 8.0 * 2f64.powi(-23) + levels * 2f64.powi(-24);
        let is_near = |got: f32, wanted: f64, error_scale: f64| {
            let got = f64::from(got);
            // GPUs may flush subnormal numbers to 0, and a gradient may be a few times such a
            // number.
            let absolute = 8.0 * f64::from(f32::MIN_POSITIVE);
            got == wanted
                || got.is_nan() && wanted.is_nan()
                || (got - wanted).abs() <= error_scale * relative + absolute
        };
        let results = got.iter().zip(wanted).zip(error_scale);
        results
            // An infinity must be exact.
            .filter(|&((&got, &wanted), &error_scale)| {
                !is_near(
                    got,
                    wanted,
                    if wanted.is_finite() { error_scale } else { 0.0 },
                )
            })
            .map(|((got, wanted), _)| {
                format!("{}: {result}: got {got:e}, wanted {wanted:e}", self.text)
            })
            .collect()
    }
}

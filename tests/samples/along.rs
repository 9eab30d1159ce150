//! Functions along an axis, and glu.

use std::error::Error;

use wgpu_activations::{Glu, GluLayout, Saved};

use crate::common::gpu;
use crate::read::{Function, Sample};

impl Sample {
    /// The same of functions along an axis, and of glu.
    pub fn failures_along_axis(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let axis = self.axis.ok_or("no axis")?;
        let x = gpu().upload(&self.x, &self.shape[..])?;
        let output = match self.function {
            Function::Axis(function) => gpu().forward_axis(function, axis, &x)?,
            _ => gpu().glu_split(Glu::GLU, axis, GluLayout::ValueGate, &x)?,
        };
        assert_eq!(output.shape(), self.output_shape, "{}", self.text);
        let [values] = gpu().read_blocking([&output])?;
        let mut failures = self.far_of(
            "output",
            &values,
            &self.output,
            &self.magnitudes_of_output(),
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
        let [values] = gpu().read_blocking([&grad_input])?;
        failures.extend(self.far_of(
            "grad_input",
            &values,
            &self.grad_input,
            &self.magnitudes_of_gradient(),
        ));
        Ok(failures)
    }

    /// How many elements x has along the axis, and how far apart they are. A single number is a row of one.
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

    /// What the errors of the outputs are relative to: themselves, but that logsumexp adds the largest element and a logarithm,
    /// which may cancel.
    pub fn magnitudes_of_output(&self) -> Vec<f64> {
        let mut error_scale: Vec<f64> = self.output.iter().map(|y| y.abs()).collect();
        if self.function.name() == "logsumexp" && !self.x.is_empty() {
            let (length, stride) = self.row();
            for (row, magnitude) in error_scale.iter_mut().enumerate() {
                let first = row / stride * stride * length + row % stride;
                let elements =
                    (0..length).map(|element| f64::from(self.x[first + element * stride]));
                *magnitude = magnitude.max(elements.fold(f64::NEG_INFINITY, f64::max).abs());
            }
        }
        error_scale
    }

    /// What the errors of the gradients are relative to: where they are differences, the sum of what is subtracted.
    pub fn magnitudes_of_gradient(&self) -> Vec<f64> {
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

    /// Results that are too far from those of the file, beside magnitudes.
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
        // 8 ulp, of up to 2^-23 each, for exponentials, quotients and products, and a rounding for each level of the tree of sums.
        let levels = (self.row().0.max(1) as f64).log2().ceil();
        let relative = 8.0 * 2f64.powi(-23) + levels * 2f64.powi(-24);
        let is_near = |got: f32, wanted: f64, magnitude: f64| {
            let got = f64::from(got);
            // GPUs may take what is below the smallest normal number for 0; a gradient is up to a few times that.
            let absolute = 8.0 * f64::from(f32::MIN_POSITIVE);
            got == wanted
                || got.is_nan() && wanted.is_nan()
                || (got - wanted).abs() <= magnitude * relative + absolute
        };
        let results = got.iter().zip(wanted).zip(error_scale);
        results
            // No magnitude is beside an infinity.
            .filter(|&((&got, &wanted), &magnitude)| {
                !is_near(
                    got,
                    wanted,
                    if wanted.is_finite() { magnitude } else { 0.0 },
                )
            })
            .map(|((got, wanted), _)| {
                format!("{}: {result}: got {got:e}, wanted {wanted:e}", self.text)
            })
            .collect()
    }
}

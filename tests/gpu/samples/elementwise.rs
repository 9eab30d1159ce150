//! Activations, and the places at which the sources and this crate differ on purpose.

use std::collections::BTreeSet;
use std::error::Error;

use wgpu_activations::{TensorArgs, reference};

use super::read::{Function, Sample};
use crate::common::error;
use crate::support::{gpu, read};

/// The error that the file's results may have: in float64, PyTorch's formulas lose so much where
/// terms of up to about 10 cancel, as in gelu's tail, `1 + erf(x)`. It matters for results below
/// 2^-25 only: above, it is less than an ulp of an f32.
pub const LOST_IN_F64: f64 = 1.0 / (1u64 << 49) as f64;

/// Activations whose gradients at NaN differ from PyTorch's on purpose.
///
/// NaN is neither above a kink nor below, and PyTorch's gradients take one of the sides; here no
/// NaN is hidden.
pub const NAN_IS_HIDDEN: [&str; 12] = [
    "relu",
    "relu6",
    "hardtanh",
    "threshold",
    "prelu",
    "rrelu",
    "elu",
    "selu",
    "celu",
    "hardshrink",
    "softshrink",
    "hardsigmoid",
];

/// Infinities at which PyTorch computes 0 · Inf or Inf / Inf in f or in f', and the limits of f and
/// f', which this crate has there.
pub const NO_LIMIT: [(&str, f32, [f64; 2]); 6] = [
    ("silu", f32::INFINITY, [f64::INFINITY, 1.0]),
    ("silu", f32::NEG_INFINITY, [-0.0, 0.0]),
    ("mish", f32::INFINITY, [f64::INFINITY, 1.0]),
    ("mish", f32::NEG_INFINITY, [-0.0, 0.0]),
    ("softsign", f32::INFINITY, [1.0, 0.0]),
    ("softsign", f32::NEG_INFINITY, [-1.0, 0.0]),
];

/// Activations for which a slope of 0 times a negative number is -0 in PyTorch. In this crate it is
/// 0, as in relu.
pub const SLOPE_OF_ZERO: [&str; 2] = ["leaky_relu", "prelu"];

/// A difference that was met: the name of the activation, and x.
pub type Met = BTreeSet<(&'static str, String)>;

/// The text for x, which leaves out the digits of the many numbers below 0.
pub fn x_of_difference(x: f32) -> String {
    if x.is_finite() {
        "below 0".to_owned()
    } else {
        x.to_string()
    }
}

impl Sample {
    pub fn is_learned(&self) -> bool {
        !self.parameter.is_empty()
    }

    /// The failures of this sample. Differences that are on purpose are added to `met`.
    pub fn failures(&self, met: &mut Met) -> Result<Vec<String>, Box<dyn Error>> {
        let activation = match self.function {
            Function::Elementwise(activation) => activation,
            Function::Axis(_) | Function::Glu => return self.failures_along_axis(),
        };
        let [forward, derivative] = activation.info().ulps;
        let x = gpu().upload(&self.x, &self.shape[..])?;
        let parameter = self
            .is_learned()
            .then(|| gpu().upload(&self.parameter, &self.parameter_shape[..]))
            .transpose()?;
        let inputs = parameter
            .as_ref()
            .map_or_else(|| TensorArgs::from(&x), |parameter| (&x, parameter).into());
        let inputs = self.axis.map_or(inputs.clone(), |axis| inputs.along(axis));

        let output = gpu().forward(activation, inputs.clone())?;
        assert_eq!(output.shape(), self.output_shape, "{}", self.text);
        let mut failures = self.far("output", &read(&output), &self.output, None, forward, met);
        // An empty tensor has no gradients to compare, but must get some.
        if self.grad_output.len() != self.x.len() {
            return Ok(failures);
        }

        let grad_output = gpu().upload(&self.grad_output, &self.shape[..])?;
        let grad_input = gpu().backward(activation, inputs.clone(), &grad_output)?;
        assert_eq!(grad_input.shape(), self.shape, "{}", self.text);
        // A product has the derivative's error, which its own binade can double, and one rounding.
        let ulps = 2.0 * derivative + 0.5;
        failures.extend(self.far(
            "grad_input",
            &read(&grad_input),
            &self.grad_input,
            Some(&self.grad_output),
            ulps,
            met,
        ));
        if self.is_learned() {
            let grad_parameter =
                gpu().backward_parameter(activation, "weight", inputs, &grad_output)?;
            assert_eq!(
                grad_parameter.shape(),
                self.parameter_shape,
                "{}",
                self.text
            );
            failures.extend(self.far_sums(&read(&grad_parameter)));
        }
        Ok(failures)
    }

    /// Results that are too far from those of the file.
    pub fn far(
        &self,
        result: &str,
        got: &[f32],
        wanted: &[f64],
        grad_output: Option<&[f32]>,
        ulps: f64,
        met: &mut Met,
    ) -> Vec<String> {
        assert_eq!(got.len(), wanted.len(), "{}: {result}", self.text);
        let mut failures = vec![];
        for (position, (&got, &wanted)) in got.iter().zip(wanted).enumerate() {
            let x = self.x[position];
            let grad_output = grad_output.map(|grad_output| f64::from(grad_output[position]));
            let lost = LOST_IN_F64 * grad_output.map_or(1.0, f64::abs);
            let is_lost = wanted != 0.0 && (f64::from(got) - wanted).abs() <= lost;
            // A gradient is 0 where f'(x) is 0: the docs promise no sign.
            let is_no_gradient = grad_output.is_some() && got == 0.0 && wanted == 0.0;
            if error(got, wanted) <= ulps || is_lost || is_no_gradient {
                continue;
            }
            match self.on_purpose(x, wanted, grad_output) {
                Some((name, here)) if error(got, here) <= ulps => {
                    _ = met.insert((name, x_of_difference(x)))
                }
                _ => failures.push(format!(
                    "{}: {result} at {x:e}: got {got:e}, wanted {wanted:e}",
                    self.text
                )),
            }
        }
        failures
    }

    /// If this crate differs from this result on purpose: the activation's name, and this crate's
    /// result.
    pub fn on_purpose(
        &self,
        x: f32,
        wanted: f64,
        grad_output: Option<f64>,
    ) -> Option<(&'static str, f64)> {
        let name = self.function.name();
        let is_one_of = |names: &[&str]| names.contains(&name);
        let here = match grad_output {
            Some(_) if x.is_nan() && is_one_of(&NAN_IS_HIDDEN) => f64::NAN,
            None if x < 0.0 && wanted == 0.0 && is_one_of(&SLOPE_OF_ZERO) => 0.0,
            _ if wanted.is_nan() => {
                let (_, _, [limit, of_derivative]) = NO_LIMIT
                    .iter()
                    .find(|(other, infinity, _)| *other == name && *infinity == x)?;
                grad_output.map_or(*limit, |grad_output| {
                    reference::scaled(*of_derivative, grad_output)
                })
            }
            _ => return None,
        };
        Some((name, here))
    }

    /// Gradients with respect to the parameter that are too far from those of the file.
    pub fn far_sums(&self, got: &[f32]) -> Vec<String> {
        assert_eq!(
            got.len(),
            self.grad_parameter.len(),
            "{}: grad_parameter",
            self.text
        );
        let mut error_scale = vec![0.0; got.len()];
        // Dimension 1 has the channels in PyTorch, and ONNX has no gradients.
        let inner: usize = self.shape.iter().skip(2).product();
        for (position, (&x, &grad)) in self
            .x
            .iter()
            .zip(&self.grad_output)
            .enumerate()
            .filter(|(_, (x, _))| **x <= 0.0)
        {
            error_scale[position / inner % got.len()] += (f64::from(x) * f64::from(grad)).abs();
        }
        // Each level of the tree of sums rounds once, some levels are half empty, and each product
        // rounds once.
        let levels = (self.x.len().max(1) as f64).log2().ceil() + 5.0;
        let is_near = |got: f32, wanted: f64, error_scale: f64| {
            got.is_nan() && wanted.is_nan()
                || (f64::from(got) - wanted).abs() <= error_scale * levels * 2f64.powi(-24)
        };
        let results = got.iter().zip(&self.grad_parameter).zip(error_scale);
        results
            .filter(|&((&got, &wanted), error_scale)| !is_near(got, wanted, error_scale))
            .map(|((got, wanted), _)| {
                format!(
                    "{}: grad_parameter: got {got:e}, wanted {wanted:e}",
                    self.text
                )
            })
            .collect()
    }
}

//! The samples with which PyTorch and ONNX test their own operators, which scripts/samples.py has collected with their results.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::str::FromStr;

use common::{error, gpu};
use wgpu_activations::{Activation, AxisFunction, Gated, Halves, Saved, TensorInputs, reference};

const FILE: &str = "tests/samples.csv";

/// What the file's results may lack of the truth: in float64, PyTorch's formulae lose this where terms of up to about 10 cancel, as
/// in gelu's tail, `1 + erf(x)`. It counts for results below 2^-25 only: above, it is less than an ulp of an f32.
const LOST_IN_F64: f64 = 1.0 / (1u64 << 49) as f64;

/// Where the sources and this crate differ on purpose, with what is here.
///
/// NaN is neither above a kink nor below, and PyTorch's gradients take one of the sides; here no NaN is hidden.
const NAN_IS_HIDDEN: [&str; 12] = [
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

/// At an infinity PyTorch has 0 · Inf or Inf / Inf, in f or in f' or in both; here are the limits of the two.
const NO_LIMIT: [(&str, f32, [f64; 2]); 6] = [
    ("silu", f32::INFINITY, [f64::INFINITY, 1.0]),
    ("silu", f32::NEG_INFINITY, [-0.0, 0.0]),
    ("mish", f32::INFINITY, [f64::INFINITY, 1.0]),
    ("mish", f32::NEG_INFINITY, [-0.0, 0.0]),
    ("softsign", f32::INFINITY, [1.0, 0.0]),
    ("softsign", f32::NEG_INFINITY, [-1.0, 0.0]),
];

/// A slope of 0 times a negative number is -0 for PyTorch; here it is relu, which has 0.
const SLOPE_OF_ZERO: [&str; 2] = ["leaky_relu", "prelu"];

/// What this crate refuses on purpose, with the error: below 0, hardshrink's two conditions overlap, and PyTorch's formula is x.
const REFUSED: [(&str, &str); 1] =
    [("hardshrink(lambd=-0.5)", "hardshrink: lambd must be a number from 0.0 to 3.4028235e38, got -0.5")];

/// A difference that was met: the activation, and one of x.
type Met = BTreeSet<(&'static str, String)>;

/// What is computed.
#[derive(Clone, Copy)]
enum Function {
    Elementwise(Activation),
    Axis(AxisFunction),
    Glu,
    /// One of `REFUSED`, by its text.
    Refused(&'static str),
}

impl Function {
    fn read(text: &str) -> Result<Self, Box<dyn Error>> {
        if text == "glu" {
            return Ok(Self::Glu);
        }
        if let Some((refused, wanted)) = REFUSED.iter().find(|(refused, _)| *refused == text) {
            let error = text.parse::<Activation>().err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some(*wanted), "{text}");
            return Ok(Self::Refused(refused));
        }
        // Where both refuse, the activation's reason is the one to see.
        text.parse().map(Self::Elementwise).or_else(|error| text.parse().map(Self::Axis).map_err(|_| error.into()))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Elementwise(activation) => activation.info().name,
            Self::Axis(function) => function.info().name,
            Self::Glu => "glu",
            Self::Refused(text) => text,
        }
    }
}

/// A line of the file: what is computed of what, and what comes out.
struct Sample {
    source: String,
    text: String,
    function: Function,
    axis: Option<isize>,
    shape: Vec<usize>,
    x: Vec<f32>,
    /// One value or one for each channel; none where nothing is learned.
    parameter: Vec<f32>,
    parameter_shape: Vec<usize>,
    output_shape: Vec<usize>,
    output: Vec<f64>,
    /// None where the source has no gradients.
    grad_output: Vec<f32>,
    grad_input: Vec<f64>,
    grad_parameter: Vec<f64>,
}

/// Where a difference is, without the digits of the many numbers below 0.
fn x_of_difference(x: f32) -> String {
    if x.is_finite() { "below 0".to_owned() } else { x.to_string() }
}

fn numbers<T: FromStr<Err: Error + 'static>>(text: &str) -> Result<Vec<T>, Box<dyn Error>> {
    Ok(text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
}

fn samples() -> Result<Vec<Sample>, Box<dyn Error>> {
    let mut samples = vec![];
    for row in csv::Reader::from_path(FILE)?.records() {
        let row = row?;
        let [
            source,
            activation,
            axis,
            shape,
            x,
            parameter_shape,
            parameter,
            output_shape,
            output,
            grad_output,
            grad_input,
            grad_parameter,
        ] = row.iter().collect::<Vec<_>>()[..]
        else {
            return Err(format!("{FILE}: a line of {} columns", row.len()).into());
        };
        let text = format!("{source}'s {activation} of [{shape}]");
        samples.push(Sample {
            source: source.to_owned(),
            function: Function::read(activation).map_err(|error| format!("{text}: {error}"))?,
            text,
            axis: numbers(axis)?.first().copied(),
            shape: numbers(shape)?,
            x: numbers(x)?,
            parameter_shape: numbers(parameter_shape)?,
            parameter: numbers(parameter)?,
            output_shape: numbers(output_shape)?,
            output: numbers(output)?,
            grad_output: numbers(grad_output)?,
            grad_input: numbers(grad_input)?,
            grad_parameter: numbers(grad_parameter)?,
        });
    }
    Ok(samples)
}

impl Sample {
    fn is_learned(&self) -> bool {
        !self.parameter.is_empty()
    }

    /// What is not right. Differences that are on purpose are added to `met`.
    fn failures(&self, met: &mut Met) -> Result<Vec<String>, Box<dyn Error>> {
        let activation = match self.function {
            Function::Elementwise(activation) => activation,
            Function::Axis(_) | Function::Glu => return self.failures_along_axis(),
            Function::Refused(text) => {
                // That it is refused was seen when it was read.
                met.insert((text, "refused".to_owned()));
                return Ok(vec![]);
            }
        };
        let [forward, derivative] = activation.info().ulps;
        let x = gpu().upload(&self.x, &self.shape[..])?;
        let parameter =
            self.is_learned().then(|| gpu().upload(&self.parameter, &self.parameter_shape[..])).transpose()?;
        let inputs = parameter.as_ref().map_or_else(|| TensorInputs::from(&x), |parameter| (&x, parameter).into());
        let inputs = self.axis.map_or(inputs.clone(), |axis| inputs.along(axis));

        let output = gpu().forward(activation, inputs.clone())?;
        assert_eq!(output.shape(), self.output_shape, "{}", self.text);
        let [values] = gpu().read_blocking([&output])?;
        let mut failures = self.far("output", &values, &self.output, None, forward, met);
        // An empty tensor has no gradients to compare, but must get some.
        if self.grad_output.len() != self.x.len() {
            return Ok(failures);
        }

        let grad_output = gpu().upload(&self.grad_output, &self.shape[..])?;
        let grad_input = gpu().backward(activation, inputs.clone(), &grad_output)?;
        assert_eq!(grad_input.shape(), self.shape, "{}", self.text);
        let [values] = gpu().read_blocking([&grad_input])?;
        // A product has the derivative's error, which its own binade can double, and one rounding.
        let ulps = 2.0 * derivative + 0.5;
        failures.extend(self.far("grad_input", &values, &self.grad_input, Some(&self.grad_output), ulps, met));
        if self.is_learned() {
            let grad_parameter = gpu().backward_parameter(activation, "weight", inputs, &grad_output)?;
            assert_eq!(grad_parameter.shape(), self.parameter_shape, "{}", self.text);
            let [values] = gpu().read_blocking([&grad_parameter])?;
            failures.extend(self.far_sums(&values));
        }
        Ok(failures)
    }

    /// The same of functions along an axis, and of glu.
    fn failures_along_axis(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let axis = self.axis.ok_or("no axis")?;
        let x = gpu().upload(&self.x, &self.shape[..])?;
        let output = match self.function {
            Function::Axis(function) => gpu().forward_axis(function, &x, axis)?,
            _ => gpu().gated_split(Gated::GLU, &x, axis, Halves::ValueGate)?,
        };
        assert_eq!(output.shape(), self.output_shape, "{}", self.text);
        let [values] = gpu().read_blocking([&output])?;
        let mut failures = self.far_of("output", &values, &self.output, &self.magnitudes_of_output());
        // ONNX has no gradients.
        if self.grad_output.len() != self.output.len() {
            return Ok(failures);
        }

        let grad_output = gpu().upload(&self.grad_output, &self.output_shape[..])?;
        let grad_input = match self.function {
            Function::Axis(function) => {
                let saved = if function.info().saved == Saved::Output { &output } else { &x };
                gpu().backward_axis(function, saved, &grad_output, axis)?
            }
            _ => gpu().gated_split_backward(Gated::GLU, &x, axis, Halves::ValueGate, &grad_output)?,
        };
        assert_eq!(grad_input.shape(), self.shape, "{}", self.text);
        let [values] = gpu().read_blocking([&grad_input])?;
        failures.extend(self.far_of("grad_input", &values, &self.grad_input, &self.magnitudes_of_gradient()));
        Ok(failures)
    }

    /// How many elements x has along the axis, and how far apart they are. A single number is a row of one.
    fn row(&self) -> (usize, usize) {
        let axis = self.axis.unwrap_or(0);
        let axis = if axis < 0 { self.shape.len().saturating_add_signed(axis) } else { axis.unsigned_abs() };
        (self.shape.get(axis).copied().unwrap_or(1), self.shape.iter().skip(axis + 1).product())
    }

    /// What the errors of the outputs are relative to: themselves, but that logsumexp adds the largest element and a logarithm,
    /// which may cancel.
    fn magnitudes_of_output(&self) -> Vec<f64> {
        let mut magnitudes: Vec<f64> = self.output.iter().map(|y| y.abs()).collect();
        if self.function.name() == "logsumexp" && !self.x.is_empty() {
            let (length, stride) = self.row();
            for (row, magnitude) in magnitudes.iter_mut().enumerate() {
                let first = row / stride * stride * length + row % stride;
                let elements = (0..length).map(|element| f64::from(self.x[first + element * stride]));
                *magnitude = magnitude.max(elements.fold(f64::NEG_INFINITY, f64::max).abs());
            }
        }
        magnitudes
    }

    /// What the errors of the gradients are relative to: where they are differences, the sum of what is subtracted.
    fn magnitudes_of_gradient(&self) -> Vec<f64> {
        let name = self.function.name();
        let (length, stride) = self.row();
        let row = |position: usize| position / stride / length * stride + position % stride;
        let is_of_softmax = ["softmax", "softmin"].contains(&name);
        if !is_of_softmax && name != "log_softmax" {
            return self.grad_input.iter().map(|gradient| gradient.abs()).collect();
        }
        // The output has the shape of x.
        let mut sums = vec![0.0; self.x.len()];
        for (position, (y, grad)) in self.output.iter().zip(&self.grad_output).enumerate() {
            sums[row(position)] += f64::from(grad.abs()) * if is_of_softmax { *y } else { 1.0 };
        }
        let of_element = |(position, (y, grad)): (usize, (&f64, &f32))| {
            let (grad, sum) = (f64::from(grad.abs()), sums[row(position)]);
            if is_of_softmax { y * (grad + sum) } else { grad + y.exp() * sum }
        };
        self.output.iter().zip(&self.grad_output).enumerate().map(of_element).collect()
    }

    /// Results that are too far from those of the file, beside magnitudes.
    fn far_of(&self, result: &str, got: &[f32], wanted: &[f64], magnitudes: &[f64]) -> Vec<String> {
        assert_eq!([got.len(), magnitudes.len()], [wanted.len(); 2], "{}: {result}", self.text);
        // 8 ulp, of up to 2^-23 each, for exponentials, quotients and products, and a rounding for each level of the tree of sums.
        let levels = (self.row().0.max(1) as f64).log2().ceil();
        let relative = 8.0 * 2f64.powi(-23) + levels * 2f64.powi(-24);
        let is_near = |got: f32, wanted: f64, magnitude: f64| {
            let got = f64::from(got);
            // GPUs may take what is below the smallest normal number for 0; a gradient is up to a few times that.
            let absolute = 8.0 * f64::from(f32::MIN_POSITIVE);
            got == wanted || got.is_nan() && wanted.is_nan() || (got - wanted).abs() <= magnitude * relative + absolute
        };
        let results = got.iter().zip(wanted).zip(magnitudes);
        results
            // No magnitude is beside an infinity.
            .filter(|&((&got, &wanted), &magnitude)| {
                !is_near(got, wanted, if wanted.is_finite() { magnitude } else { 0.0 })
            })
            .map(|((got, wanted), _)| format!("{}: {result}: got {got:e}, wanted {wanted:e}", self.text))
            .collect()
    }

    /// Results that are too far from those of the file.
    fn far(
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
                Some((name, here)) if error(got, here) <= ulps => _ = met.insert((name, x_of_difference(x))),
                _ => failures.push(format!("{}: {result} at {x:e}: got {got:e}, wanted {wanted:e}", self.text)),
            }
        }
        failures
    }

    /// What this crate has where it differs from this result of the source, and the activation's name.
    fn on_purpose(&self, x: f32, wanted: f64, grad_output: Option<f64>) -> Option<(&'static str, f64)> {
        let name = self.function.name();
        let is_one_of = |names: &[&str]| names.contains(&name);
        let here = match grad_output {
            Some(_) if x.is_nan() && is_one_of(&NAN_IS_HIDDEN) => f64::NAN,
            None if x < 0.0 && wanted == 0.0 && is_one_of(&SLOPE_OF_ZERO) => 0.0,
            _ if wanted.is_nan() => {
                let (_, _, [limit, of_derivative]) =
                    NO_LIMIT.iter().find(|(other, infinity, _)| *other == name && *infinity == x)?;
                grad_output.map_or(*limit, |grad_output| reference::scaled(*of_derivative, grad_output))
            }
            _ => return None,
        };
        Some((name, here))
    }

    /// Gradients with respect to the parameter that are too far from those of the file.
    fn far_sums(&self, got: &[f32]) -> Vec<String> {
        assert_eq!(got.len(), self.grad_parameter.len(), "{}: grad_parameter", self.text);
        let mut magnitudes = vec![0.0; got.len()];
        // Dimension 1 has the channels in PyTorch, and ONNX has no gradients.
        let inner: usize = self.shape.iter().skip(2).product();
        for (position, (&x, &grad)) in self.x.iter().zip(&self.grad_output).enumerate().filter(|(_, (x, _))| **x <= 0.0)
        {
            magnitudes[position / inner % got.len()] += (f64::from(x) * f64::from(grad)).abs();
        }
        // A rounding for each level of the tree of sums, with some of the levels half empty, and one for the product.
        let levels = (self.x.len().max(1) as f64).log2().ceil() + 5.0;
        let is_near = |got: f32, wanted: f64, magnitude: f64| {
            got.is_nan() && wanted.is_nan() || (f64::from(got) - wanted).abs() <= magnitude * levels * 2f64.powi(-24)
        };
        let results = got.iter().zip(&self.grad_parameter).zip(magnitudes);
        results
            .filter(|&((&got, &wanted), magnitude)| !is_near(got, wanted, magnitude))
            .map(|((got, wanted), _)| format!("{}: grad_parameter: got {got:e}, wanted {wanted:e}", self.text))
            .collect()
    }
}

#[test]
fn results_are_those_of_pytorch_and_onnx() -> Result<(), Box<dyn Error>> {
    let (mut counts, mut met, mut failures) = (BTreeMap::new(), BTreeSet::new(), vec![]);
    for sample in samples()? {
        failures.extend(sample.failures(&mut met)?);
        *counts.entry(sample.source).or_insert(0) += 1;
    }
    println!("samples: {counts:?}");
    assert!(failures.is_empty(), "{failures:#?}");
    let lines = std::fs::read_to_string(FILE)?.lines().count();
    assert_eq!(counts.values().sum::<usize>(), lines - 1, "all lines but the header");
    let of_nan = NAN_IS_HIDDEN.map(|name| (name, x_of_difference(f32::NAN)));
    let of_slope = SLOPE_OF_ZERO.map(|name| (name, x_of_difference(-1.0)));
    let of_infinity = NO_LIMIT.map(|(name, x, _)| (name, x_of_difference(x)));
    let of_refused = REFUSED.map(|(text, _)| (text, "refused".to_owned()));
    let differences = of_nan.into_iter().chain(of_slope).chain(of_infinity).chain(of_refused);
    assert_eq!(met, differences.collect(), "no difference is left in vain");
    Ok(())
}

/// So that a file that is written anew still has what the sources are known for.
#[test]
fn samples_are_of_all_kinds() -> Result<(), Box<dyn Error>> {
    let samples = samples()?;
    let has = |is: &dyn Fn(&Sample) -> bool| samples.iter().any(is);
    for source in ["pytorch operator", "pytorch module", "onnx"] {
        assert!(has(&|sample| sample.source == source), "{source}");
    }
    assert!(has(&|sample| sample.shape.is_empty()), "a single number");
    assert!(has(&|sample| sample.x.is_empty()), "an empty tensor");
    assert!(has(&|sample| sample.parameter_shape.is_empty() && sample.is_learned()), "a slope without dimensions");
    for dimensions in 2..=4 {
        let is = |sample: &Sample| sample.parameter.len() > 1 && sample.shape.len() == dimensions;
        assert!(has(&is), "slopes for the channels of {dimensions} dimensions");
    }
    let missing = Activation::list().iter().filter(|info| !has(&|sample| sample.function.name() == info.name));
    println!("without samples: {:?}", missing.map(|info| info.name).collect::<Vec<_>>());
    for name in ["softmax", "log_softmax", "softmin", "logsumexp", "hardmax", "glu"] {
        assert!(has(&|sample| sample.function.name() == name), "{name}");
    }
    for axis in [-1, 0, 1, 2] {
        let is = |sample: &Sample| sample.axis == Some(axis) && matches!(sample.function, Function::Axis(_));
        assert!(has(&is), "a function along axis {axis}");
    }
    Ok(())
}

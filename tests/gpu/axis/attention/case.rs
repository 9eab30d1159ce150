//! A call with everything that a function along an axis takes, and what must come of it: the logits
//! by their definition, and results in f64.

use wgpu_activations::reference::philox;
use wgpu_activations::{AxisFunction, AxisShape, Causal, Error, TrainingMode};

use crate::common::f64s;

/// The error of a capped logit, in ulps: tanh has 4 and a bit, and the product rounds once.
const ULPS_OF_CAP: f64 = 5.0;

/// The error of a Gumbel number, in ulps of itself, or of 1 if it is smaller: the inner logarithm has
/// 1.5 ulp, which is as large an absolute error of the outer one, and this one has 1.5 of its own.
pub const ULPS_OF_NOISE: f64 = 3.0;

/// A tensor that is broadcast to x, or to its rows.
#[derive(Clone, Debug)]
pub struct Broadcast {
    pub values: Vec<f32>,
    pub shape: Vec<usize>,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Case {
    pub function: AxisFunction,
    pub shape: Vec<usize>,
    pub axis: isize,
    pub x: Vec<f32>,
    pub grad_output: Vec<f32>,
    pub mask: Option<Broadcast>,
    pub is_boolean: bool,
    pub sink: Option<Broadcast>,
    pub causal: Option<Causal>,
    pub softcap: Option<f32>,
    pub noise: Option<TrainingMode>,
    pub dropout: Option<TrainingMode>,
    pub empty_is_zero: bool,
}

/// A logit, and how far off the kernel's may be.
#[derive(Clone, Copy, Debug)]
pub struct Logit {
    pub value: f32,
    pub error: f64,
}

/// True values, and how far off the kernel's may be beyond some ulps.
#[derive(Clone, Debug, Default)]
pub struct Values {
    pub values: Vec<f64>,
    pub excuses: Vec<f64>,
}

/// All that the forward pass gives.
pub struct Truth {
    pub y: Values,
    pub logsumexp: Values,
    pub of_sink: Values,
}

/// The distance of neighbours in the binade of a number.
fn ulp(value: f64) -> f64 {
    2f64.powi((value.abs().max(f64::from(f32::MIN_POSITIVE)).log2().floor() as i32) - 23)
}

/// The standard Gumbel number of an element.
pub fn gumbel(noise: TrainingMode, element: u64) -> f64 {
    let position = noise.offset.wrapping_add(element);
    let (group, key) = (position / 4, noise.seed);
    let words = philox(
        [group as u32, (group >> 32) as u32, 1, 0],
        [key as u32, (key >> 32) as u32],
    );
    let word = words[(position % 4) as usize];
    let u = (f64::from(word >> 9) + 0.5) / f64::from(1 << 23);
    -(-u.ln()).ln()
}

impl Case {
    /// A function of x alone.
    pub fn new(function: AxisFunction, shape: &[usize], axis: isize, x: Vec<f32>) -> Self {
        Self {
            function,
            shape: shape.to_vec(),
            axis,
            grad_output: vec![1.0; x.len()],
            x,
            mask: None,
            is_boolean: false,
            sink: None,
            causal: None,
            softcap: None,
            noise: None,
            dropout: None,
            empty_is_zero: false,
        }
    }

    pub fn rows(&self) -> AxisShape {
        AxisShape::along(&self.shape, self.axis).expect("an axis")
    }

    /// The number of rows.
    pub fn row_count(&self) -> usize {
        (self.rows().outer * self.rows().inner) as usize
    }

    /// The elements of a row.
    pub fn positions(&self, row: usize) -> Vec<usize> {
        let (length, inner) = (self.rows().length as usize, self.rows().inner as usize);
        let first = row / inner * length * inner + row % inner;
        (0..length).map(|k| first + k * inner).collect()
    }

    /// The shape of what there is once for each row.
    pub fn row_shape(&self) -> Vec<usize> {
        let mut shape = self.shape.clone();
        let axis = self.axis.rem_euclid(shape.len() as isize) as usize;
        shape[axis] = 1;
        shape
    }

    /// The element of a broadcast tensor at an element of x.
    pub fn broadcast_index(&self, shape: &[usize], element: usize) -> usize {
        let (mut rest, mut index, mut step) = (element, 0, 1);
        for (k, &size) in self.shape.iter().rev().enumerate() {
            let coordinate = rest % size;
            rest /= size;
            if let Some(&own) = shape.iter().rev().nth(k) {
                index += if own == 1 { 0 } else { coordinate * step };
                step *= own;
            }
        }
        index
    }

    /// True if the query of a row sees a key.
    fn sees(&self, row: usize, key: usize) -> bool {
        let Some(causal) = self.causal else {
            return true;
        };
        let axis = self.axis.rem_euclid(self.shape.len() as isize) as usize;
        let last = (0..self.shape.len()).rev().find(|&other| other != axis);
        let size = last.map_or(1, |last| self.shape[last]);
        let queries = causal.queries.map_or(size, |queries| queries as usize);
        let (query, length) = ((row % queries) as i128, self.rows().length as i128);
        let offset = causal.offset.map_or(length - queries as i128, i128::from);
        let (key, last) = (key as i128, query + offset);
        key <= last
            && causal
                .window
                .is_none_or(|window| key > last - i128::from(window))
    }

    /// The logit of the k-th element of a row.
    fn logit(&self, row: usize, k: usize, element: usize) -> Logit {
        let (mut value, mut error) = (self.x[element], 0.0);
        if matches!(self.function, AxisFunction::Softmin { .. }) {
            value = -value;
        }
        if let Some(cap) = self.softcap {
            let cap = f64::from(cap);
            let capped = cap * (f64::from(value) / cap).tanh();
            value = capped as f32;
            error = ULPS_OF_CAP * ulp(capped);
        }
        // A rounding may go the other way if what is rounded is off.
        let rounded =
            |value: f32, error: f64| error + if error > 0.0 { ulp(value.into()) } else { 0.0 };
        if let Some(mask) = &self.mask {
            let of_mask = mask.values[self.broadcast_index(&mask.shape, element)];
            if !self.is_boolean {
                value += of_mask;
                error = rounded(value, error);
            } else if of_mask == 0.0 {
                value = f32::NEG_INFINITY;
            }
        }
        if let Some(noise) = self.noise {
            let number = gumbel(noise, element as u64);
            value = (f64::from(value) + number) as f32;
            error = rounded(value, error + ULPS_OF_NOISE * ulp(number.abs().max(1.0)));
        }
        if !self.sees(row, k) {
            value = f32::NEG_INFINITY;
        }
        let error = if value.is_finite() { error } else { 0.0 };
        Logit { value, error }
    }

    pub fn logits(&self, row: usize) -> Vec<Logit> {
        let positions = self.positions(row).into_iter().enumerate();
        positions.map(|(k, i)| self.logit(row, k, i)).collect()
    }

    /// The sink of a row.
    pub fn sink_of(&self, row: usize) -> Option<f32> {
        let sink = self.sink.as_ref()?;
        let first = self.positions(row)[0];
        Some(sink.values[self.broadcast_index(&sink.shape, first)])
    }

    pub fn forward(&self) -> Result<Truth, Error> {
        let count = self.x.len();
        let of_rows = || Values {
            values: Vec::new(),
            excuses: Vec::new(),
        };
        let mut truth = Truth {
            y: Values {
                values: vec![0.0; count],
                excuses: vec![0.0; count],
            },
            logsumexp: of_rows(),
            of_sink: of_rows(),
        };
        for row in 0..self.row_count() {
            self.forward_row(row, &mut truth)?;
        }
        Ok(truth)
    }

    fn forward_row(&self, row: usize, truth: &mut Truth) -> Result<(), Error> {
        let mut logits = self.logits(row);
        let of_row = logits.len();
        logits.extend(self.sink_of(row).map(|value| Logit { value, error: 0.0 }));
        let z: Vec<f64> = logits.iter().map(|logit| logit.value.into()).collect();
        let shape = AxisShape::new(1, z.len() as u64, 1);
        let (function, temperature) = match self.function {
            // The logits are negated already.
            AxisFunction::Softmin { temperature } => {
                (AxisFunction::Softmax { temperature }, temperature)
            }
            AxisFunction::Softmax { temperature } | AxisFunction::LogSoftmax { temperature } => {
                (self.function, temperature)
            }
            function => (function, 1.0),
        };
        let (is_log, temperature) = (
            matches!(function, AxisFunction::LogSoftmax { .. }),
            f64::from(temperature),
        );
        let mut y = function.forward(shape, &z)?;
        let takes_zeros = self.empty_is_zero && self.function != AxisFunction::Hardmax;
        if takes_zeros && z.iter().all(|&z| z == f64::NEG_INFINITY) {
            y.fill(if is_log { f64::NEG_INFINITY } else { 0.0 });
        }
        // With an error e of each logit, log y changes by e and by the mean of all of them, weighted
        // by softmax. Errors are small, so that one percent is enough for terms of second order.
        let weights = AxisFunction::Softmax {
            temperature: temperature as f32,
        }
        .forward(shape, &z)?;
        let errors = logits.iter().map(|logit| logit.error);
        let mean: f64 = errors
            .zip(&weights)
            .map(|(error, weight)| error * weight)
            .sum();
        let mean = if mean.is_finite() { mean } else { 0.0 };
        let excuses: Vec<_> = logits
            .iter()
            .zip(&y)
            .map(|(logit, y)| {
                let of_log = 1.01 * (logit.error + mean) / temperature;
                if is_log { of_log } else { y * of_log.exp_m1() }
            })
            .collect();
        for (k, i) in self.positions(row).into_iter().enumerate() {
            truth.y.values[i] = y[k];
            truth.y.excuses[i] = excuses[k];
        }
        if self.sink.is_some() {
            truth.of_sink.values.push(y[of_row]);
            truth.of_sink.excuses.push(excuses[of_row]);
        }
        let scaled: Vec<f64> = z.iter().map(|z| z / temperature).collect();
        let logsumexp = AxisFunction::Logsumexp.forward(shape, &scaled)?[0];
        let largest = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let terms = largest.abs().max((logsumexp - largest).abs());
        let cancelled = if terms.is_finite() {
            4.0 * 2f64.powi(-23) * terms
        } else {
            0.0
        };
        truth.logsumexp.values.push(logsumexp);
        truth
            .logsumexp
            .excuses
            .push(cancelled + 1.01 * mean / temperature);
        Ok(())
    }

    /// The true gradients with respect to x, and to the sink of each row, from the results that the
    /// forward pass has saved.
    pub fn backward(&self, y: &[f32], of_sink: &[f32]) -> Result<[Values; 2], Error> {
        let zeros = vec![0.0; y.len()];
        let mut of_x = Values {
            values: zeros.clone(),
            excuses: zeros,
        };
        let mut of_sinks = Values::default();
        for row in 0..self.row_count() {
            let positions = self.positions(row);
            let mut saved: Vec<f32> = positions.iter().map(|&i| y[i]).collect();
            let mut grad: Vec<f32> = positions
                .iter()
                .map(|&i| self.grad_behind_dropout(i))
                .collect();
            if self.sink.is_some() {
                // The sink has a result, but nothing depends on it.
                saved.push(*of_sink.get(row).expect("one for each row"));
                grad.push(0.0);
            }
            let shape = AxisShape::new(1, saved.len() as u64, 1);
            let values = self.function.backward(shape, &f64s(&saved), &f64s(&grad))?;
            let excuses = super::super::excuses(self.function, shape, &saved, &grad);
            for (k, &i) in positions.iter().enumerate() {
                let slope = self.slope(i);
                // A gradient of 0 stays 0, whatever the element is.
                of_x.values[i] = if values[k] == 0.0 {
                    0.0
                } else {
                    values[k] * slope
                };
                of_x.excuses[i] = excuses[k] * slope.max(0.0) + self.excuse_of_slope(i, values[k]);
            }
            if self.sink.is_some() {
                // softmin does not negate the sink.
                let is_softmin = matches!(self.function, AxisFunction::Softmin { .. });
                let sign = if is_softmin { -1.0 } else { 1.0 };
                of_sinks.values.push(sign * values[positions.len()]);
                of_sinks.excuses.push(excuses[positions.len()]);
            }
        }
        Ok([of_x, of_sinks])
    }

    /// The gradient with respect to the result, from that with respect to what dropout gave.
    fn grad_behind_dropout(&self, element: usize) -> f32 {
        let grad = self.grad_output[element];
        let Some(training) = self.dropout else {
            return grad;
        };
        dropped(training, grad, element)
    }

    /// The error that the derivative of the cap may have besides its ulps. It is that at x / cap,
    /// rounded: q e makes the derivative, which falls as e^(-2q), 2 q e smaller. And the derivative
    /// may be flushed, and so may its product with the gradient.
    fn excuse_of_slope(&self, element: usize, gradient: f64) -> f64 {
        let Some(cap) = self.softcap else { return 0.0 };
        let q = f64::from(self.x[element] / cap).abs();
        let rounded = if q < 100.0 {
            2.0 * q * 2f64.powi(-24) * 1.2
        } else {
            0.0
        };
        let flushed = f64::from(f32::MIN_POSITIVE) * (1.0 + gradient.abs());
        gradient.abs() * self.slope(element).max(0.0) * rounded + flushed
    }

    /// The derivative of the cap at an element.
    fn slope(&self, element: usize) -> f64 {
        match self.softcap {
            None => 1.0,
            Some(cap) => {
                let cosh = (f64::from(self.x[element]) / f64::from(cap)).cosh();
                1.0 / (cosh * cosh)
            }
        }
    }
}

/// What dropout makes of a number.
pub fn dropped(training: TrainingMode, value: f32, element: usize) -> f32 {
    let identity = wgpu_activations::Activation::Identity;
    training.forward(identity, value.into(), element as u64) as f32
}

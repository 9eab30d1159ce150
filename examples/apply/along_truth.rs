//! The true results of functions along an axis, in f64.

use anyhow::Result;
use wgpu_activations::{AxisFunction, AxisShape, Causal, Error};

use crate::broadcast::place;
use crate::npy::Npy;
use crate::ulp::Truth;

/// All that is given for a function along an axis.
pub struct Call {
    pub function: AxisFunction,
    pub axis: isize,
    pub x: Npy,
    pub grad: Option<Npy>,
    pub mask: Option<Npy>,
    pub is_boolean: bool,
    pub sink: Option<Npy>,
    pub softcap: Option<f32>,
    pub causal: Option<Causal>,
}

/// The true values of each result.
#[derive(Default)]
pub struct Truths {
    pub output: Vec<Truth>,
    pub logsumexp: Vec<Truth>,
    pub grad_sink: Vec<Truth>,
}

fn f64s(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

impl Call {
    pub fn truths(&self, saved: &[f32], of_sink: &[f32]) -> Result<Truths> {
        let rows = AxisShape::along(&self.x.layout.shape, self.axis)?;
        let (function, x) = (self.function, f64s(&self.x.values));
        let mut truths = Truths::default();
        let wanted = match &self.grad {
            Some(grad) if !function.info().has_double_backward() => {
                function.backward(rows, &f64s(saved), &f64s(&grad.values))?
            }
            Some(grad) => self.gradients(rows, [saved, of_sink, &grad.values], &mut truths)?,
            None if !function.info().has_double_backward() => {
                function.forward(rows, &f64s(&self.logits(rows)))?
            }
            None => self.results(rows, &mut truths)?,
        };
        let scales = error_scales(function, rows, &x, self.grad.as_ref(), &wanted)?;
        let magnitude = |position| scales.get(position).copied().unwrap_or_default();
        let truth = |(position, value)| Truth {
            value,
            magnitude: magnitude(position),
        };
        truths.output = wanted.into_iter().enumerate().map(truth).collect();
        Ok(truths)
    }

    /// The results of softmax or a relative of it, whose rows have their sinks as one element more.
    fn results(&self, rows: AxisShape, truths: &mut Truths) -> Result<Vec<f64>> {
        let logits = f64s(&self.logits(rows));
        let (sign, temperature) = self.sign_and_temperature();
        let mut y = vec![0.0; logits.len()];
        for row in 0..(rows.outer * rows.inner) as usize {
            let positions = positions(rows, row);
            let mut values: Vec<f64> = positions.iter().map(|&i| logits[i]).collect();
            // softmin does not negate the sink.
            values.extend(self.sink_at(&positions).map(|sink| sign * sink));
            let shape = AxisShape::new(1, values.len() as u64, 1);
            let of_row = self.function.forward(shape, &values)?;
            for (&i, of_row) in positions.iter().zip(of_row) {
                y[i] = of_row;
            }
            let scaled: Vec<f64> = values
                .iter()
                .map(|value| sign * value / temperature)
                .collect();
            let value = AxisFunction::Logsumexp.forward(shape, &scaled)?[0];
            let largest = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            truths.logsumexp.push(Truth {
                value,
                magnitude: largest.abs().max((value - largest).abs()),
            });
        }
        Ok(y)
    }

    /// The gradients of these. A sink has a result, too, which nothing depends on.
    fn gradients(
        &self,
        rows: AxisShape,
        [saved, of_sink, grad]: [&[f32]; 3],
        truths: &mut Truths,
    ) -> Result<Vec<f64>> {
        let sign = self.sign_and_temperature().0;
        let mut grad_x = vec![0.0; saved.len()];
        truths.grad_sink = match &self.sink {
            Some(sink) => vec![Truth::from(0.0); sink.values.len()],
            None => vec![],
        };
        for row in 0..(rows.outer * rows.inner) as usize {
            let positions = positions(rows, row);
            let of_row = |all: &[f32]| positions.iter().map(|&i| f64::from(all[i])).collect();
            let (mut y, mut dy): (Vec<f64>, Vec<f64>) = (of_row(saved), of_row(grad));
            if let Some(&of_sink) = of_sink.get(row) {
                y.push(of_sink.into());
                dy.push(0.0);
            }
            let shape = AxisShape::new(1, y.len() as u64, 1);
            let gradients = self.function.backward(shape, &y, &dy)?;
            for (&i, gradient) in positions.iter().zip(&gradients) {
                let slope = self.slope(i);
                grad_x[i] = if *gradient == 0.0 {
                    0.0
                } else {
                    gradient * slope
                };
            }
            if let (Some(sink), true) = (&self.sink, !of_sink.is_empty()) {
                let at = place(positions[0], &sink.layout.shape, &self.x.layout.shape);
                let gradient = sign * gradients[positions.len()];
                truths.grad_sink[at].value += gradient;
                truths.grad_sink[at].magnitude += gradient.abs();
            }
        }
        Ok(grad_x)
    }

    /// -1 for softmin, and the temperature.
    fn sign_and_temperature(&self) -> (f64, f64) {
        match self.function {
            AxisFunction::Softmin { temperature } => (-1.0, temperature.into()),
            AxisFunction::Softmax { temperature } | AxisFunction::LogSoftmax { temperature } => {
                (1.0, temperature.into())
            }
            _ => (1.0, 1.0),
        }
    }

    /// The sink of the row that has elements at these positions.
    fn sink_at(&self, positions: &[usize]) -> Option<f64> {
        let (sink, &first) = (self.sink.as_ref()?, positions.first()?);
        let at = place(first, &sink.layout.shape, &self.x.layout.shape);
        Some(sink.values[at].into())
    }

    /// The derivative of the cap at an element.
    fn slope(&self, element: usize) -> f64 {
        let Some(cap) = self.softcap else { return 1.0 };
        let cosh = (f64::from(self.x.values[element]) / f64::from(cap)).cosh();
        1.0 / (cosh * cosh)
    }

    /// x as the kernels reduce it: capped, masked, and -Inf, or for softmin Inf, where it does not
    /// count. Each step is rounded to f32.
    fn logits(&self, rows: AxisShape) -> Vec<f32> {
        let sign = self.sign_and_temperature().0 as f32;
        let shape = &self.x.layout.shape;
        let mut logits = self.x.values.clone();
        for (element, x) in logits.iter_mut().enumerate() {
            let mut logit = sign * *x;
            if let Some(cap) = self.softcap.map(f64::from) {
                logit = (cap * (f64::from(logit) / cap).tanh()) as f32;
            }
            if let Some(mask) = &self.mask {
                let mask = mask.values[place(element, &mask.layout.shape, shape)];
                logit = match (self.is_boolean, mask == 0.0) {
                    (false, _) => logit + mask,
                    (true, true) => f32::NEG_INFINITY,
                    (true, false) => logit,
                };
            }
            if !self.is_seen(rows, element as u64) {
                logit = f32::NEG_INFINITY;
            }
            *x = sign * logit;
        }
        logits
    }

    /// True if the query of an element's row sees its key.
    fn is_seen(&self, rows: AxisShape, element: u64) -> bool {
        let Some(causal) = self.causal else {
            return true;
        };
        let AxisShape { length, inner, .. } = rows;
        let (before, key) = (element / inner / length, element / inner % length);
        let axis = self
            .axis
            .rem_euclid(self.x.layout.shape.len().max(1) as isize) as usize;
        let others = self.x.layout.shape.iter().enumerate().rev();
        let last = others.into_iter().find(|(other, _)| *other != axis);
        let queries = last.map_or(1, |(_, &size)| size as u64);
        let query = (before * inner + element % inner) % queries;
        let aligned = i128::from(length) - i128::from(queries);
        let newest = i128::from(query) + causal.offset.map_or(aligned, i128::from);
        let key = i128::from(key);
        let window = causal.window.map_or(i128::MAX / 2, i128::from);
        key <= newest && key > newest - window
    }
}

/// The elements of a row.
fn positions(rows: AxisShape, row: usize) -> Vec<usize> {
    let (length, inner) = (rows.length as usize, rows.inner as usize);
    let first = row / inner * length * inner + row % inner;
    (0..length).map(|k| first + k * inner).collect()
}

/// The true value may be the sum of two terms that cancel. The bound is then relative to the larger
/// of the two terms, which this function returns.
fn error_scales(
    function: AxisFunction,
    rows: AxisShape,
    x: &[f64],
    grad: Option<&Npy>,
    wanted: &[f64],
) -> Result<Vec<f64>, Error> {
    let firsts = match (function, grad) {
        (AxisFunction::LogSoftmax { temperature }, Some(grad)) => grad
            .values
            .iter()
            .map(|&grad| f64::from(grad) / f64::from(temperature))
            .collect(),
        (AxisFunction::Logsumexp, None) if rows.length > 0 => AxisFunction::Maxout {
            groups: rows.length as u32,
        }
        .forward(rows, x)?,
        _ => vec![],
    };
    Ok(firsts
        .iter()
        .zip(wanted)
        .map(|(first, wanted)| first.abs().max((wanted - first).abs()))
        .collect())
}

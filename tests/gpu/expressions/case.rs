//! An expression with its operands, and its true values.

use wgpu_activations::{Error, Expression, Gpu, Operands, Tensor, TrainingMode, Value};

/// An operand: its name, its shape, and its values.
pub struct Operand {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// Values whose sums and products are about 1.
fn values(seed: usize, length: usize) -> Vec<f32> {
    let value = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 400.0 - 2.5;
    (0..length).map(value).collect()
}

/// The shape to which all are broadcast.
fn joint(shapes: &[Vec<usize>]) -> Vec<usize> {
    let dimensions = shapes.iter().map(Vec::len).max().unwrap_or_default();
    let size = |position: usize| {
        let own = shapes.iter().map(|shape| {
            let missing = dimensions - shape.len();
            position.checked_sub(missing).map_or(1, |k| shape[k])
        });
        own.fold(1, |joint, size| if size == 1 { joint } else { size })
    };
    (0..dimensions).map(size).collect()
}

/// The place in a shape of element i of another one, to which it is broadcast.
fn place(shape: &[usize], to: &[usize], mut i: usize) -> usize {
    let (mut place, mut stride) = (0, 1);
    let missing = to.len() - shape.len();
    for (position, &size) in to.iter().enumerate().rev() {
        let own = position.checked_sub(missing).map_or(1, |k| shape[k]);
        place += i % size % own * stride;
        (i, stride) = (i / size, stride * own);
    }
    place
}

/// An expression, its operands, and the gradient of its result.
pub struct Case {
    expression: Expression,
    pub operands: Vec<Operand>,
    pub shape: Vec<usize>,
    pub grads: Vec<f32>,
    /// Names the case.
    pub what: String,
    /// The bounds are multiplied with it.
    factor: f64,
}

const TRAINING: TrainingMode = TrainingMode {
    seed: 42,
    offset: 8,
    dropout: 0.0,
};

impl Case {
    pub fn new(text: &str, shapes: &[(&str, &[usize])], factor: f64) -> Self {
        let expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
        let operands: Vec<Operand> = shapes
            .iter()
            .enumerate()
            .map(|(seed, &(name, shape))| Operand {
                name: name.to_owned(),
                shape: shape.to_vec(),
                values: values(seed, shape.iter().product()),
            })
            .collect();
        let shapes: Vec<_> = operands
            .iter()
            .map(|operand| operand.shape.clone())
            .collect();
        let shape = joint(&shapes);
        Self {
            grads: values(99, shape.iter().product()),
            what: format!("{text} {shapes:?}"),
            expression,
            operands,
            shape,
            factor,
        }
    }

    /// Uploads the operands.
    pub fn upload(&self, gpu: &Gpu) -> Result<Vec<Tensor>, Error> {
        let operands = self.operands.iter();
        operands
            .map(|operand| gpu.upload(&operand.values, operand.shape.clone()))
            .collect()
    }

    fn named<'a>(&'a self, tensors: &'a [Tensor]) -> Operands<'a> {
        let values = self.operands.iter().zip(tensors);
        let values: Operands<'_> = values
            .map(|(operand, tensor)| (operand.name.as_str(), Value::from(tensor)))
            .collect();
        values.random(TRAINING.seed, TRAINING.offset)
    }

    /// Computes the expression.
    pub fn evaluate(&self, gpu: &Gpu, tensors: &[Tensor]) -> Tensor {
        let y = gpu.evaluate(&self.expression, self.named(tensors));
        let y = y.unwrap_or_else(|error| panic!("{}: {error}", self.what));
        assert_eq!(y.shape(), self.shape, "{}", self.what);
        y
    }

    /// Computes gradients with respect to some operands.
    pub fn gradients<const N: usize>(
        &self,
        gpu: &Gpu,
        tensors: &[Tensor],
        grad_output: &Tensor,
        of: [&str; N],
    ) -> [Tensor; N] {
        let gradients = gpu.gradients(&self.expression, self.named(tensors), grad_output, of);
        gradients.unwrap_or_else(|error| panic!("{}: {error}", self.what))
    }

    /// The value of an expression of the same operands at element i, in f64.
    fn at(&self, expression: &Expression, i: usize, grad_output: f64) -> f64 {
        let value = |name: &str| {
            if name == "grad_output" {
                return grad_output;
            }
            let operand = self.operands.iter().find(|operand| operand.name == name);
            let operand = operand.expect("an operand");
            f64::from(operand.values[place(&operand.shape, &self.shape, i)])
        };
        expression.evaluate_training(value, TRAINING, i as u64)
    }

    pub fn check_values(&self, y: Vec<f32>) {
        for (i, y) in y.into_iter().enumerate() {
            let wanted = self.at(&self.expression, i, 0.0);
            let error = (f64::from(y) - wanted).abs();
            assert!(
                error <= self.factor * 1e-5 * wanted.abs().max(1.0),
                "{}, element {i}: {y}, not {wanted}",
                self.what
            );
        }
    }

    /// The bound of errors is relative to the sum of the magnitudes of the terms.
    pub fn check_gradient(&self, operand: &Operand, gradient: Vec<f32>) {
        let (name, what) = (operand.name.as_str(), &self.what);
        let of = self.expression.gradient(name).expect("a gradient");
        let mut sums = vec![(0.0, 0.0); operand.values.len()];
        for (i, &grad) in self.grads.iter().enumerate() {
            let term = self.at(&of, i, f64::from(grad));
            let (sum, magnitude) = &mut sums[place(&operand.shape, &self.shape, i)];
            *sum += term;
            *magnitude += term.abs();
        }
        assert_eq!(gradient.len(), sums.len(), "{what}: {name}");
        for (i, (gradient, (sum, magnitude))) in gradient.into_iter().zip(sums).enumerate() {
            let error = (f64::from(gradient) - sum).abs();
            assert!(
                error <= self.factor * 2e-6 * magnitude.max(1.0),
                "{what}, gradient of {name}, {i}: {gradient}, not {sum} of {magnitude}"
            );
        }
    }
}

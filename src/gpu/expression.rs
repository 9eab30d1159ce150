//! Expressions of tensors, and their gradients.

use super::tensor::wide;
use super::{Gpu, Tensor, View};
use crate::expression::{Fused, Output};
use crate::kernels::{Slice, SliceValue};
use crate::{Dtype, Error, Expression, TrainingMode};

/// The value of an operand of an expression: a tensor, a view, or a number. A new number compiles
/// nothing.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// A tensor, of any shape that broadcasts together with those of the other operands.
    Tensor(View<'a>),
    /// A number.
    Number(f32),
}

impl<'a> From<&'a Tensor> for Value<'a> {
    fn from(tensor: &'a Tensor) -> Self {
        Self::Tensor(tensor.view())
    }
}

impl<'a> From<View<'a>> for Value<'a> {
    fn from(view: View<'a>) -> Self {
        Self::Tensor(view)
    }
}

impl From<f32> for Value<'_> {
    fn from(number: f32) -> Self {
        Self::Number(number)
    }
}

impl Value<'_> {
    fn shape(&self) -> &[usize] {
        match self {
            Self::Tensor(view) => view.shape(),
            Self::Number(_) => &[],
        }
    }
}

/// The operands of an expression with their names: `[("x", &x), ("bias", &bias)]`. If there are
/// numbers among them, each is a [`Value`].
///
/// ```
/// use wgpu_activations::{Dtype, Expression, Gpu, Operands, Value};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let gpu = Gpu::new_blocking()?;
/// let x = gpu.upload(&[1.0, 2.0], [2])?;
/// let expression: Expression = "dropout(x * scale, 0.5)".parse()?;
/// let operands = Operands::from([("x", Value::from(&x)), ("scale", 3.0.into())]);
/// let y = gpu.evaluate(&expression, operands.random(42, 0).output_dtype(Dtype::F16))?;
/// assert_eq!(y.dtype(), Dtype::F16);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Operands<'a> {
    values: Vec<(&'a str, Value<'a>)>,
    training: Option<TrainingMode>,
    dtype: Option<Dtype>,
}

impl<'a, V: Into<Value<'a>>, const N: usize> From<[(&'a str, V); N]> for Operands<'a> {
    fn from(values: [(&'a str, V); N]) -> Self {
        values.into_iter().collect()
    }
}

impl<'a, V: Into<Value<'a>>> FromIterator<(&'a str, V)> for Operands<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, V)>>(values: I) -> Self {
        let values = values.into_iter();
        Self {
            values: values.map(|(name, value)| (name, value.into())).collect(),
            training: None,
            dtype: None,
        }
    }
}

impl Operands<'_> {
    /// Sets the seed of the random numbers of dropout, and the position of the first element in
    /// their sequence. Gradients need the same. Without it both are 0.
    #[must_use]
    pub fn random(self, seed: u64, offset: u64) -> Self {
        let training = TrainingMode {
            seed,
            offset,
            dropout: 0.0,
        };
        Self {
            training: Some(training),
            ..self
        }
    }

    /// Sets the dtype of the result, and of gradients that are not summed. By default it is that of
    /// the first tensor in the order in which the expression names its operands.
    #[must_use]
    pub fn output_dtype(self, dtype: Dtype) -> Self {
        Self {
            dtype: Some(dtype),
            ..self
        }
    }

    fn get(&self, name: &str) -> Option<&Value<'_>> {
        let value = self.values.iter().find(|(given, _)| *given == name);
        value.map(|(_, value)| value)
    }

    fn dtype(&self, fused: &Fused) -> Dtype {
        let tensors = fused.operands().iter().filter_map(|name| self.get(name));
        let mut dtypes = tensors.filter_map(|value| match value {
            Value::Tensor(view) => Some(view.dtype()),
            Value::Number(_) => None,
        });
        self.dtype.or_else(|| dtypes.next()).unwrap_or(Dtype::F32)
    }
}

impl Gpu {
    /// Computes an expression in one pass over memory: a tensor of the shape to which all operands
    /// are broadcast, by the rules of NumPy.
    ///
    /// ```
    /// use wgpu_activations::{Expression, Gpu};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[-1.0, 0.0, 1.0, 2.0], [2, 2])?;
    /// let bias = gpu.upload(&[0.5, -0.5], [2])?;
    /// let expression: Expression = "relu(x + bias) * 2".parse()?;
    /// let y = gpu.evaluate(&expression, [("x", &x), ("bias", &bias)])?;
    /// assert_eq!(gpu.read_blocking(&y)?, [0.0, 0.0, 3.0, 3.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::Argument`] if an operand is missing or superfluous, if shapes do not broadcast
    ///   together, or if a tensor belongs to another `Gpu`.
    /// - [`Error::OutOfMemory`] if there is no memory for the result.
    pub fn evaluate<'a>(
        &self,
        expression: &Expression,
        operands: impl Into<Operands<'a>>,
    ) -> Result<Tensor, Error> {
        let mut outputs = self.run(&expression.fuse(), &operands.into())?;
        Ok(outputs.remove(0))
    }

    /// Computes the gradients of an expression with respect to some of its operands, in one pass
    /// over memory, and a small one where operands are broadcast: each gradient has the shape of
    /// its operand. `grad_output` has the shape of the result. Only the operands are read;
    /// [`evaluate`](Self::evaluate) has to save nothing.
    ///
    /// ```
    /// use wgpu_activations::{Expression, Gpu};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[-1.0, 0.0, 1.0, 2.0], [2, 2])?;
    /// let bias = gpu.upload(&[0.5, -0.5], [2])?;
    /// let grad_output = gpu.upload(&[1.0, 2.0, 3.0, 4.0], [2, 2])?;
    /// let expression: Expression = "relu(x + bias)".parse()?;
    /// let operands = [("x", &x), ("bias", &bias)];
    /// let [grad_x, grad_bias] = gpu.gradients(&expression, operands, &grad_output, ["x", "bias"])?;
    /// assert_eq!(gpu.read_blocking(&grad_x)?, [0.0, 0.0, 3.0, 4.0]);
    /// assert_eq!(gpu.read_blocking(&grad_bias)?, [3.0, 4.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::evaluate`], and [`Error::Expression`] if the expression has no such operand or
    /// cannot be differentiated.
    pub fn gradients<'a, const N: usize>(
        &self,
        expression: &Expression,
        operands: impl Into<Operands<'a>>,
        grad_output: impl Into<View<'a>>,
        of: [&str; N],
    ) -> Result<[Tensor; N], Error> {
        let fused = expression.fuse_gradients(of)?;
        let mut operands = operands.into();
        let grad_output = Value::Tensor(grad_output.into());
        operands.values.push(("grad_output", grad_output));
        let gradients = self.run(&fused, &operands)?;
        gradients
            .try_into()
            .map_err(|_| Error::argument("of", "an operand is named twice"))
    }

    /// Computes what was fused: tensors in the order of [`Fused::outputs`].
    ///
    /// # Errors
    /// As [`Gpu::evaluate`].
    pub fn run(&self, fused: &Fused, operands: &Operands<'_>) -> Result<Vec<Tensor>, Error> {
        let mut shape: Vec<usize> = Vec::new();
        for (name, value) in &operands.values {
            if let Value::Tensor(view) = value {
                self.check_gpu(name, view.tensor)?;
                if view.tensor.buffers.len() > 1 {
                    return Err(Error::several_buffers(name, view.tensor.buffers.len()));
                }
            }
            broadcast(&mut shape, value.shape());
        }
        let dtype = operands.dtype(fused);
        let output = |output: &Output| match output.operand {
            None => self.empty(&shape, dtype),
            Some(operand) => {
                let value = operands.get(&fused.operands()[operand]);
                let own = value.map_or(&[][..], Value::shape);
                let is_whole = own.iter().product::<usize>() == shape.iter().product::<usize>();
                self.empty(own, if is_whole { dtype } else { Dtype::F32 })
            }
        };
        let shapes: Vec<_> = operands
            .values
            .iter()
            .map(|(_, value)| wide(value.shape()))
            .collect();
        let values: Vec<_> = operands
            .values
            .iter()
            .zip(&shapes)
            .map(|((name, value), shape)| {
                let value = match value {
                    Value::Tensor(view) => SliceValue::Tensor(view.slice(), shape),
                    Value::Number(number) => SliceValue::Number(*number),
                };
                (*name, value)
            })
            .collect();
        let outputs = fused.outputs().iter().map(output);
        let outputs = outputs.collect::<Result<Vec<_>, Error>>()?;
        let slices = outputs.iter().map(Tensor::slice);
        let slices: Vec<Slice<'_>> = slices.collect::<Result<_, Error>>()?;
        let operation = self
            .kernels
            .evaluate(fused, &values, operands.training, &slices)?;
        self.record(&operation)?;
        Ok(outputs)
    }
}

/// Broadcasts a shape together with another one, as far as they fit.
fn broadcast(shape: &mut Vec<usize>, other: &[usize]) {
    while shape.len() < other.len() {
        shape.insert(0, 1);
    }
    let missing = shape.len() - other.len();
    for (size, &own) in shape[missing..].iter_mut().zip(other) {
        if own != 1 {
            *size = own;
        }
    }
}

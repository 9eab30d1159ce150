//! Expressions of tensors, and their gradients.

use super::compute::{all, array, parts};
use super::tensor::{elements, product, wide};
use super::{Gpu, Tensor, View};
use crate::expression::{Fused, GRAD_OUTPUT, Output};
use crate::kernels::{Slice, SliceValue, joint_shape};
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

impl<'a> Value<'a> {
    fn view(&self) -> Option<&View<'a>> {
        match self {
            Self::Tensor(view) => Some(view),
            Self::Number(_) => None,
        }
    }

    fn shape(&self) -> &[usize] {
        self.view().map_or(&[], View::shape)
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

impl<'a> Operands<'a> {
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

    fn get(&self, name: &str) -> Option<&Value<'a>> {
        let value = self.values.iter().find(|(given, _)| *given == name);
        value.map(|(_, value)| value)
    }

    fn dtype(&self, fused: &Fused) -> Dtype {
        let values = fused.operands().iter().filter_map(|name| self.get(name));
        let mut dtypes = values.filter_map(|value| Some(value.view()?.dtype()));
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
        let gradients = self.gradients_into(expression, operands, grad_output, of, &[]);
        gradients.map(array)
    }

    pub(super) fn gradients_into<'a, const N: usize>(
        &self,
        expression: &Expression,
        operands: impl Into<Operands<'a>>,
        grad_output: impl Into<View<'a>>,
        of: [&str; N],
        into: &[&Tensor],
    ) -> Result<Vec<Tensor>, Error> {
        let fused = expression.fuse_gradients(of)?;
        let mut operands = operands.into();
        operands
            .values
            .push((GRAD_OUTPUT, Value::Tensor(grad_output.into())));
        self.run_into(&fused, &operands, into)
    }

    /// Computes what was fused: tensors in the order of [`Fused::outputs`]. A gradient that is
    /// `grad_output` itself shares its memory.
    ///
    /// ```
    /// use wgpu_activations::{Expression, Gpu, Operands};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0, 2.0], [2])?;
    /// // Worked out once, for all steps of a training.
    /// let fused = "silu(x) + residual".parse::<Expression>()?.fuse_gradients(["x", "residual"])?;
    /// let operands = Operands::from([("x", &x), ("residual", &x), ("grad_output", &x)]);
    /// let gradients = gpu.run(&fused, &operands)?;
    /// assert_eq!(gpu.read_blocking(&gradients[1])?, [1.0, 2.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::evaluate`].
    pub fn run(&self, fused: &Fused, operands: &Operands<'_>) -> Result<Vec<Tensor>, Error> {
        self.run_into(fused, operands, &[])
    }

    /// [`Gpu::run`], or all gradients added to tensors.
    pub(super) fn run_into(
        &self,
        fused: &Fused,
        operands: &Operands<'_>,
        into: &[&Tensor],
    ) -> Result<Vec<Tensor>, Error> {
        let call = Call::new(self, fused, operands)?;
        if !into.is_empty() {
            return call.compute(fused, into);
        }
        let handed_back = |output: usize| {
            let view = operands.get(GRAD_OUTPUT)?.view()?;
            let own = &call.shapes[fused.outputs()[output].operand?];
            let is_it = fused.is_grad_output(output)
                && view.is_whole()
                && *own == view.shape()
                && *own == call.shape
                && call.dtype == view.dtype();
            is_it.then(|| view.tensor.shared())
        };
        let mut outputs: Vec<_> = (0..fused.outputs().len()).map(handed_back).collect();
        let wanted: Vec<_> = (0..outputs.len())
            .filter(|&k| outputs[k].is_none())
            .collect();
        let computed = if wanted.len() == outputs.len() {
            call.compute(fused, &[])?
        } else {
            call.compute(&fused.with_outputs(&wanted), &[])?
        };
        for (k, tensor) in wanted.into_iter().zip(computed) {
            outputs[k] = Some(tensor);
        }
        Ok(outputs.into_iter().flatten().collect())
    }
}

/// A call whose operands have been checked.
struct Call<'a> {
    gpu: &'a Gpu,
    operands: &'a Operands<'a>,
    /// The shapes of the operands, in the order of the expression's.
    shapes: Vec<Vec<usize>>,
    /// The shape to which all are broadcast.
    shape: Vec<usize>,
    dtype: Dtype,
}

impl<'a> Call<'a> {
    fn new(gpu: &'a Gpu, fused: &Fused, operands: &'a Operands<'a>) -> Result<Self, Error> {
        let views = operands.values.iter();
        let views = views.filter_map(|(name, value)| Some((*name, value.view()?)));
        for (name, view) in views.clone() {
            gpu.check_gpu(name, view.tensor)?;
        }
        let shapes: Vec<_> = views
            .map(|(name, view)| (name, wide(view.shape())))
            .collect();
        let is_gradient = fused
            .outputs()
            .iter()
            .any(|output| output.operand.is_some());
        let of_result = |name: &str| !is_gradient || name != GRAD_OUTPUT;
        let of_operands = shapes.iter().map(|(name, shape)| (*name, &**shape));
        let shape = joint_shape(of_operands.filter(|(name, _)| of_result(name)))?;
        let shape: Vec<_> = shape.into_iter().map(|size| size as usize).collect();
        elements(&shape)?;
        let of = |name: &String| operands.get(name).map_or(&[][..], Value::shape).to_vec();
        Ok(Self {
            gpu,
            operands,
            shapes: fused.operands().iter().map(of).collect(),
            shape,
            dtype: operands.dtype(fused),
        })
    }

    /// The shape and the type of an output.
    fn output(&self, output: &Output) -> (&[usize], Dtype) {
        let Some(operand) = output.operand else {
            return (&self.shape, self.dtype);
        };
        let own = &self.shapes[operand];
        let is_whole = product(own) == product(&self.shape);
        (own, if is_whole { self.dtype } else { Dtype::F32 })
    }

    /// Computes all outputs, which are added to the tensors of `into` if there are any.
    fn compute(&self, fused: &Fused, into: &[&Tensor]) -> Result<Vec<Tensor>, Error> {
        let outputs = fused.outputs().iter().map(|output| {
            let (shape, dtype) = self.output(output);
            (&*output.name, shape, dtype)
        });
        let new = self.gpu.outputs(&outputs.collect::<Vec<_>>(), into)?;
        let outputs: Vec<_> = all(into, &new).collect();
        let accumulates = !into.is_empty();
        let lies_in_several = |tensor: &Tensor| tensor.buffers.len() > 1;
        let mut views = self
            .operands
            .values
            .iter()
            .filter_map(|(_, value)| value.view());
        let is_divided = views.any(|view| lies_in_several(view.tensor));
        if is_divided || outputs.iter().any(|tensor| lies_in_several(tensor)) {
            self.record_parts(fused, &outputs, accumulates)?;
        } else {
            let slices = outputs.iter().map(|tensor| {
                let slice = tensor.slice()?;
                Ok(Slice {
                    accumulates,
                    ..slice
                })
            });
            let slices = slices.collect::<Result<Vec<_>, Error>>()?;
            self.record(
                fused,
                0,
                |view, _| Ok((view.slice(), wide(view.shape()))),
                &slices,
            )?;
        }
        Ok(new)
    }

    /// Records one operation for each part of tensors that lie in several buffers. They are cut
    /// between positions of the first dimension. Sums over that dimension are sums of each part
    /// first.
    fn record_parts(
        &self,
        fused: &Fused,
        outputs: &[&Tensor],
        accumulates: bool,
    ) -> Result<(), Error> {
        let row = product(self.shape.get(1..).unwrap_or_default()).max(1);
        let is_cut = |shape: &[usize]| {
            shape.len() == self.shape.len() && shape.first() == self.shape.first()
        };
        let written = fused.outputs().iter().zip(outputs);
        let written = written.map(|(output, tensor)| (&*output.name, tensor.view()));
        let read = self.operands.values.iter();
        let read = read.filter_map(|(name, value)| Some((*name, value.view()?.clone())));
        let mut cut: Vec<_> = written.chain(read).collect();
        cut.retain(|(_, view)| is_cut(view.shape()));
        // What has the shape of the result is cut, whatever else is.
        cut.sort_by_key(|(_, view)| view.shape() != self.shape);
        let parts = parts(
            &cut.iter()
                .map(|(name, view)| (*name, view))
                .collect::<Vec<_>>(),
        )?;
        if parts
            .iter()
            .any(|(part, _)| !part.first.is_multiple_of(row as u64))
        {
            let (name, view) = &cut[0];
            return Err(Error::several_buffers(name, view.tensor.buffers.len()));
        }
        let partial = outputs.iter().map(|output| {
            let shape = [&[parts.len()], output.shape()].concat();
            let is_whole = is_cut(output.shape());
            (!is_whole)
                .then(|| self.gpu.empty(&shape, Dtype::F32))
                .transpose()
        });
        let partial = partial.collect::<Result<Vec<_>, Error>>()?;
        for (number, (part, slices)) in parts.iter().enumerate() {
            let rows = slices[0].elements() / row as u64;
            let slice_of = |name: &str| {
                let position = cut.iter().position(|(cut, _)| *cut == name);
                position.map(|position| slices[position])
            };
            let to = outputs.iter().zip(fused.outputs()).zip(&partial);
            let to = to.filter_map(|((whole, output), partial)| match partial {
                Some(partial) => {
                    let length = whole.len();
                    Some(partial.part(number * length..(number + 1) * length))
                }
                None => slice_of(&output.name).map(|slice| Slice {
                    accumulates,
                    ..slice
                }),
            });
            let to: Vec<_> = to.collect();
            let value = |view: &View<'a>, name: &str| match slice_of(name) {
                Some(slice) => {
                    let mut shape = wide(view.shape());
                    shape[0] = rows;
                    Ok((slice, shape))
                }
                None if view.tensor.buffers.len() == 1 => Ok((view.slice(), wide(view.shape()))),
                None => Err(Error::several_buffers(name, view.tensor.buffers.len())),
            };
            self.record(fused, part.first, value, &to)?;
        }
        // The sum of all parts is the gradient of an operand that is repeated for each of them.
        let sum = Expression::operand("parts") + Expression::operand("sum");
        let sum = sum.fuse_gradients(["sum"])?;
        for (partial, output) in partial.iter().zip(outputs) {
            let Some(partial) = partial else { continue };
            let (partial, shape) = (
                (partial.slice()?, wide(partial.shape())),
                wide(output.shape()),
            );
            let (output, all) = (output.slice()?, SliceValue::Tensor(partial.0, &partial.1));
            let own = SliceValue::Tensor(output, &shape);
            let output = Slice {
                accumulates,
                ..output
            };
            let operands = [("parts", all), ("sum", own), (GRAD_OUTPUT, all)];
            let operation = self
                .gpu
                .kernels
                .evaluate(&sum, &operands, None, &[output])?;
            self.gpu.record(&operation)?;
        }
        Ok(())
    }

    /// Records one operation. `value` gives the slice of a tensor, and its shape.
    fn record<'b>(
        &self,
        fused: &Fused,
        first: u64,
        value: impl Fn(&View<'a>, &str) -> Result<(Slice<'b>, Vec<u64>), Error>,
        outputs: &[Slice<'b>],
    ) -> Result<(), Error>
    where
        'a: 'b,
    {
        let tensors = self.operands.values.iter().map(|(name, operand)| {
            let tensor = operand.view().map(|view| value(view, name));
            tensor.transpose()
        });
        let tensors = tensors.collect::<Result<Vec<_>, Error>>()?;
        let operands = self.operands.values.iter().zip(&tensors);
        let operands = operands.map(|((name, operand), tensor)| match (operand, tensor) {
            (Value::Number(number), _) => (*name, SliceValue::Number(*number)),
            (_, Some((slice, shape))) => (*name, SliceValue::Tensor(*slice, shape)),
            (_, None) => (*name, SliceValue::Number(0.0)),
        });
        let operands: Vec<_> = operands.collect();
        let training = self.operands.training;
        let training = training.map(|training| training.at_element(first));
        let kernels = &self.gpu.kernels;
        self.gpu
            .record(&kernels.evaluate(fused, &operands, training, outputs)?)
    }
}

//! Gradients that are added to tensors.

use super::{Gpu, Operands, Targets, Tensor, TensorArgs, View};
use crate::kernels::{AxisSaved, GluLayout, LossInput};
use crate::{Activation, AxisFunction, CrossEntropy, Error, Expression, Fused, Glu, TrainingMode};

/// Tensors to which the methods add gradients, from [`Gpu::accumulate`]. Each method computes the
/// gradients of the method of [`Gpu`] with the same name. They are added to the tensors in the same
/// order. The tensors must have the gradients' shapes, and their types or f32.
#[derive(Clone, Copy, Debug)]
#[must_use = "its methods add gradients"]
pub struct Accumulate<'a, const N: usize> {
    gpu: &'a Gpu,
    gradients: [&'a Tensor; N],
}

impl Gpu {
    /// Has gradients added to tensors, in place of new ones: `grad += …`. This is for the
    /// micro-batches of a training step, and for tensors that are used twice.
    ///
    /// Each gradient is computed in f32, and the sum is rounded once to the type of the tensor. In
    /// f32 it has the bits of the gradient by itself, added to what was there. Each run gives the
    /// same bits. Gradients of 16 bits can be added to tensors of f32, so that small ones are not
    /// lost in large sums.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let prelu = Activation::Prelu { weight: 0.5 };
    /// let weight = gpu.upload(&[0.5, 0.5], [2])?;
    /// let grad_weight = gpu.upload(&[0.0, 0.0], [2])?;
    /// for micro_batch in [[-1.0, -2.0], [-3.0, 4.0]] {
    ///     let x = gpu.upload(&micro_batch, [1, 2])?;
    ///     let grad_output = gpu.upload(&[1.0, 1.0], [1, 2])?;
    ///     let accumulate = gpu.accumulate([&grad_weight]);
    ///     accumulate.backward_parameter(prelu, "weight", (&x, &weight), &grad_output)?;
    /// }
    /// assert_eq!(gpu.read_blocking(&grad_weight)?, [-4.0, -2.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The methods give those of the methods of `Gpu`, and
    /// - [`Error::Argument`] if a tensor has another shape than the gradient, or a type that is
    ///   neither the gradient's nor f32, if it belongs to another `Gpu`, or if it shares its
    ///   memory, as a gradient that is `grad_output` itself may;
    /// - [`Error::Overlap`] if a tensor is given twice, or is an argument of the method.
    pub fn accumulate<'a, const N: usize>(
        &'a self,
        gradients: [&'a Tensor; N],
    ) -> Accumulate<'a, N> {
        Accumulate {
            gpu: self,
            gradients,
        }
    }
}

/// The methods that have one gradient.
impl Accumulate<'_, 1> {
    /// Adds the gradient of [`Gpu::backward`].
    ///
    /// # Errors
    /// As [`Gpu::backward`] and [`Gpu::accumulate`].
    pub fn backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<TensorArgs<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<(), Error> {
        let (inputs, grad_output) = (inputs.into(), grad_output.into());
        let into = &self.gradients;
        let [] = self
            .gpu
            .backward_into(activation, inputs, grad_output, into)?;
        Ok(())
    }

    /// Adds the gradient of [`Gpu::backward_from_output`].
    ///
    /// # Errors
    /// As [`Gpu::backward_from_output`] and [`Gpu::accumulate`].
    pub fn backward_from_output<'a>(
        &self,
        activation: Activation,
        y: impl Into<View<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<(), Error> {
        let (y, grad_output) = (y.into(), grad_output.into());
        let into = &self.gradients;
        let [] = self
            .gpu
            .backward_from_output_into(activation, y, grad_output, into)?;
        Ok(())
    }

    /// Adds the gradient of [`Gpu::backward_training`].
    ///
    /// # Errors
    /// As [`Gpu::backward_training`] and [`Gpu::accumulate`].
    pub fn backward_training<'a>(
        &self,
        activation: Activation,
        training: TrainingMode,
        inputs: impl Into<TensorArgs<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<(), Error> {
        let (inputs, grad_output) = (inputs.into(), grad_output.into());
        let into = &self.gradients;
        let [] =
            self.gpu
                .backward_training_into(activation, training, inputs, grad_output, into)?;
        Ok(())
    }

    /// Adds the gradient of [`Gpu::backward_parameter`].
    ///
    /// # Errors
    /// As [`Gpu::backward_parameter`] and [`Gpu::accumulate`].
    pub fn backward_parameter<'a>(
        &self,
        activation: Activation,
        parameter: &str,
        inputs: impl Into<TensorArgs<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<(), Error> {
        let (inputs, grad_output) = (inputs.into(), grad_output.into());
        let into = &self.gradients;
        let [] =
            self.gpu
                .backward_parameter_into(activation, parameter, inputs, grad_output, into)?;
        Ok(())
    }

    /// Adds the gradient of [`Gpu::glu_split_backward`].
    ///
    /// # Errors
    /// As [`Gpu::glu_split_backward`] and [`Gpu::accumulate`].
    pub fn glu_split_backward(
        &self,
        glu: Glu,
        axis: isize,
        layout: GluLayout,
        x: &Tensor,
        grad_output: &Tensor,
    ) -> Result<(), Error> {
        let into = &self.gradients;
        let [] = self
            .gpu
            .glu_split_backward_into(glu, axis, layout, x, grad_output, into)?;
        Ok(())
    }

    /// Adds the gradient of [`Gpu::backward_axis`].
    ///
    /// # Errors
    /// As [`Gpu::backward_axis`] and [`Gpu::accumulate`].
    pub fn backward_axis<'a>(
        &self,
        function: AxisFunction,
        axis: isize,
        saved: impl Into<AxisSaved<View<'a>>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<(), Error> {
        let (saved, grad_output) = (saved.into(), grad_output.into());
        let into = &self.gradients;
        self.gpu
            .backward_axis_into(function, axis, &saved, grad_output, [], into)
            .map(drop)
    }

    /// Adds the gradient of [`Gpu::cross_entropy_with_gradient`]. Returns the loss, a new tensor.
    ///
    /// # Errors
    /// As [`Gpu::cross_entropy_with_gradient`] and [`Gpu::accumulate`].
    pub fn cross_entropy_with_gradient<'a>(
        &self,
        function: CrossEntropy,
        axis: isize,
        input: impl Into<LossInput<View<'a>, &'a Targets>>,
    ) -> Result<Tensor, Error> {
        let into = &self.gradients;
        let [loss] = self.gpu.loss::<2, 1>(function, axis, &input.into(), into)?;
        Ok(loss)
    }
}

/// The methods that have two gradients.
impl Accumulate<'_, 2> {
    /// Adds the gradients of [`Gpu::double_backward`].
    ///
    /// # Errors
    /// As [`Gpu::double_backward`] and [`Gpu::accumulate`].
    pub fn double_backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<TensorArgs<'a>>,
        grad_output: impl Into<View<'a>>,
        tangent: impl Into<View<'a>>,
    ) -> Result<(), Error> {
        let (inputs, grad_output) = (inputs.into(), grad_output.into());
        let into = &self.gradients;
        let [] =
            self.gpu
                .double_backward_into(activation, inputs, grad_output, tangent.into(), into)?;
        Ok(())
    }

    /// Adds the gradients of [`Gpu::glu_backward`].
    ///
    /// # Errors
    /// As [`Gpu::glu_backward`] and [`Gpu::accumulate`].
    pub fn glu_backward<'a>(
        &self,
        glu: Glu,
        value: impl Into<View<'a>>,
        gate: impl Into<View<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<(), Error> {
        let (value, gate) = (value.into(), gate.into());
        let into = &self.gradients;
        let [] = self
            .gpu
            .glu_backward_into(glu, value, gate, grad_output.into(), into)?;
        Ok(())
    }

    /// Adds the gradients of [`Gpu::backward_axis_with_sink`].
    ///
    /// # Errors
    /// As [`Gpu::backward_axis_with_sink`] and [`Gpu::accumulate`].
    pub fn backward_axis_with_sink<'a>(
        &self,
        function: AxisFunction,
        axis: isize,
        saved: impl Into<AxisSaved<View<'a>>>,
        grad_output: impl Into<View<'a>>,
        sink: &Tensor,
    ) -> Result<(), Error> {
        let (saved, grad_output) = (saved.into(), grad_output.into());
        let into = &self.gradients;
        let [] = self.gpu.backward_axis_with_sink_into(
            function,
            axis,
            &saved,
            grad_output,
            sink,
            into,
        )?;
        Ok(())
    }

    /// Adds the gradients of [`Gpu::double_backward_axis`].
    ///
    /// # Errors
    /// As [`Gpu::double_backward_axis`] and [`Gpu::accumulate`].
    pub fn double_backward_axis<'a>(
        &self,
        function: AxisFunction,
        axis: isize,
        y: impl Into<View<'a>>,
        grad_output: impl Into<View<'a>>,
        tangent: impl Into<View<'a>>,
    ) -> Result<(), Error> {
        let (y, grad_output, tangent) = (y.into(), grad_output.into(), tangent.into());
        let into = &self.gradients;
        let [] =
            self.gpu
                .double_backward_axis_into(function, axis, y, grad_output, tangent, into)?;
        Ok(())
    }
}

/// The methods that have a gradient for each operand that is asked for.
impl<const N: usize> Accumulate<'_, N> {
    /// Adds the gradients of [`Gpu::gradients`].
    ///
    /// ```
    /// use wgpu_activations::{Expression, Gpu};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[-1.0, 0.0, 1.0, 2.0], [2, 2])?;
    /// let bias = gpu.upload(&[0.5, -0.5], [2])?;
    /// let grad_output = gpu.upload(&[1.0, 2.0, 3.0, 4.0], [2, 2])?;
    /// let grad_bias = gpu.upload(&[10.0, 10.0], [2])?;
    /// let expression: Expression = "relu(x + bias)".parse()?;
    /// let operands = [("x", &x), ("bias", &bias)];
    /// gpu.accumulate([&grad_bias]).gradients(&expression, operands, &grad_output, ["bias"])?;
    /// assert_eq!(gpu.read_blocking(&grad_bias)?, [13.0, 14.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::gradients`] and [`Gpu::accumulate`].
    pub fn gradients<'a>(
        &self,
        expression: &Expression,
        operands: impl Into<Operands<'a>>,
        grad_output: impl Into<View<'a>>,
        of: [&str; N],
    ) -> Result<(), Error> {
        let into = &self.gradients;
        self.gpu
            .gradients_into(expression, operands, grad_output, of, into)
            .map(drop)
    }

    /// Adds the gradients of [`Gpu::run`]. There must be a tensor for each.
    ///
    /// # Errors
    /// As [`Gpu::run`] and [`Gpu::accumulate`], and [`Error::Argument`] if there is another number
    /// of tensors, or if a result is no gradient.
    pub fn run(&self, fused: &Fused, operands: &Operands<'_>) -> Result<(), Error> {
        let wanted = fused.outputs().len();
        if wanted != N {
            let message = format!("there must be {wanted}, one for each output, got {N}");
            return Err(Error::argument("gradients", message));
        }
        self.gpu
            .run_into(fused, operands, &self.gradients)
            .map(drop)
    }
}

//! Activations of tensors, element by element, and their gradients.

use super::{Gpu, Tensor, TensorInputs};
use crate::{Activation, Error, Training};

impl Gpu {
    /// A tensor of `f(x)`, of the shape of x. A learned parameter comes with x: `gpu.forward(prelu, (&x, &weight))`;
    /// without it, the activation's own value is used.
    ///
    /// # Errors
    /// If a parameter is out of range, if the activation does not learn a parameter that is given, if that has neither
    /// one value nor one for each channel, if a tensor is another `Gpu`'s, or if there is no memory.
    pub fn forward<'a>(&self, activation: Activation, inputs: impl Into<TensorInputs<'a>>) -> Result<Tensor, Error> {
        let inputs = self.own(activation, inputs.into())?;
        let output = self.empty(&inputs.x.shape)?;
        self.record(&self.kernels.forward(activation, inputs.slices(activation)?, output.slice())?)?;
        Ok(output)
    }

    /// The gradient with respect to x: `grad_output * f'(x)`, of the shape of x.
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if `grad_output` has another shape than x.
    pub fn backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<TensorInputs<'a>>,
        grad_output: &Tensor,
    ) -> Result<Tensor, Error> {
        let inputs = self.own(activation, inputs.into())?;
        self.own_of_shape("grad_output", grad_output, inputs.x)?;
        let grad_input = self.empty(&inputs.x.shape)?;
        self.record(&self.kernels.backward(
            activation,
            inputs.slices(activation)?,
            grad_output.slice(),
            grad_input.slice(),
        )?)?;
        Ok(grad_input)
    }

    /// The gradient with respect to a parameter: of the shape of its tensor if `inputs` hold one, else a single number, of
    /// shape `[]`. `gpu.backward_parameter(prelu, "weight", (&x, &weight), &grad_output)`.
    ///
    /// # Errors
    /// As [`Gpu::backward`]; also if the activation cannot learn the parameter.
    pub fn backward_parameter<'a>(
        &self,
        activation: Activation,
        parameter: &str,
        inputs: impl Into<TensorInputs<'a>>,
        grad_output: &Tensor,
    ) -> Result<Tensor, Error> {
        let inputs = self.own(activation, inputs.into())?;
        self.own_of_shape("grad_output", grad_output, inputs.x)?;
        let learned = inputs.parameters(activation).find(|(name, _)| *name == parameter);
        let grad_parameter = self.empty(learned.map_or(&[][..], |(_, values)| values.shape()))?;
        let (grad_output, output) = (grad_output.slice(), grad_parameter.slice());
        self.record(&self.kernels.backward_parameter(
            activation,
            parameter,
            inputs.slices(activation)?,
            grad_output,
            output,
        )?)?;
        Ok(grad_parameter)
    }

    /// [`Gpu::forward`] in training mode: with dropout behind it, and random slopes of `rrelu`.
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if the dropout is no probability.
    pub fn forward_training<'a>(
        &self,
        activation: Activation,
        training: Training,
        inputs: impl Into<TensorInputs<'a>>,
    ) -> Result<Tensor, Error> {
        let inputs = self.own(activation, inputs.into())?;
        let output = self.empty(&inputs.x.shape)?;
        let slices = inputs.slices(activation)?;
        self.record(&self.kernels.forward_training(activation, training, slices, output.slice())?)?;
        Ok(output)
    }

    /// The gradient with respect to x of [`Gpu::forward_training`] with the same seed, offset and dropout.
    ///
    /// # Errors
    /// As [`Gpu::backward`]; also if the dropout is no probability.
    pub fn backward_training<'a>(
        &self,
        activation: Activation,
        training: Training,
        inputs: impl Into<TensorInputs<'a>>,
        grad_output: &Tensor,
    ) -> Result<Tensor, Error> {
        let inputs = self.own(activation, inputs.into())?;
        self.own_of_shape("grad_output", grad_output, inputs.x)?;
        let grad_input = self.empty(&inputs.x.shape)?;
        let (slices, grad_output) = (inputs.slices(activation)?, grad_output.slice());
        self.record(&self.kernels.backward_training(activation, training, slices, grad_output, grad_input.slice())?)?;
        Ok(grad_input)
    }

    /// The gradients of [`Gpu::backward`] with respect to x and to `grad_output`, where `tangent` is the gradient with respect to
    /// its result, as PyTorch's double backward gives them: `tangent * grad_output * f''(x)` and `tangent * f'(x)`.
    ///
    /// # Errors
    /// As [`Gpu::backward`], for `tangent` too.
    pub fn double_backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<TensorInputs<'a>>,
        grad_output: &Tensor,
        tangent: &Tensor,
    ) -> Result<[Tensor; 2], Error> {
        let inputs = self.own(activation, inputs.into())?;
        self.own_of_shape("grad_output", grad_output, inputs.x)?;
        self.own_of_shape("tangent", tangent, inputs.x)?;
        let [grad_x, grad_grad_output] = [self.empty(&inputs.x.shape)?, self.empty(&inputs.x.shape)?];
        let (slices, of_tangent) = (inputs.slices(activation)?, tangent.slice());
        self.record(&self.kernels.double_backward(
            activation,
            slices.clone(),
            grad_output.slice(),
            of_tangent,
            grad_x.slice(),
        )?)?;
        self.record(&self.kernels.backward(activation, slices, of_tangent, grad_grad_output.slice())?)?;
        Ok([grad_x, grad_grad_output])
    }
}

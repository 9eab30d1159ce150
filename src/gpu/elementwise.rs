//! Activations of tensors, element by element, and their gradients.

use super::view::{Part, in_parts};
use super::{Gpu, Tensor, TensorArgs, View};
use crate::kernels::{Operation, Slice, SliceArgs};
use crate::{Activation, Dtype, Error, TrainingMode};

impl Gpu {
    /// A tensor of `f(x)`, of the shape of x. A learned parameter comes with x: `gpu.forward(prelu,
    /// (&x, &weight))`; without it, the activation's own value is used. Its elements are stored as
    /// those of x, if [`output_dtype`](TensorArgs::into_dtype) says nothing else.
    ///
    /// # Errors
    /// If a parameter is out of range, if the activation does not learn a parameter that is given,
    /// if that has neither one value nor one for each channel, if a tensor is another `Gpu`'s, or
    /// if there is no memory.
    pub fn forward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<TensorArgs<'a>>,
    ) -> Result<Tensor, Error> {
        self.of_x(activation, inputs.into(), |inputs, output, _| {
            self.kernels.forward(activation, inputs, output)
        })
    }

    /// The gradient with respect to x: `grad_output * f'(x)`, of the shape of x, stored as
    /// [`Gpu::forward`] stores its result.
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if `grad_output` has another shape than x.
    pub fn backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<TensorArgs<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        self.of_gradient(
            activation,
            inputs.into(),
            grad_output.into(),
            |inputs, grad_output, grad_input, _| {
                self.kernels
                    .backward(activation, inputs, grad_output, grad_input)
            },
        )
    }

    /// The gradient with respect to a parameter, in f32: of the shape of its tensor if `inputs`
    /// hold one, else a single number, of shape `[]`. `gpu.backward_parameter(prelu, "weight", (&x,
    /// &weight), &grad_output)`.
    ///
    /// # Errors
    /// As [`Gpu::backward`]; also if the activation cannot learn the parameter.
    pub fn backward_parameter<'a>(
        &self,
        activation: Activation,
        parameter: &str,
        inputs: impl Into<TensorArgs<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        let inputs = self.check_args(activation, inputs.into())?;
        let learned = inputs.learned(activation)?;
        let grad_output = self.check_gpu_and_shape("grad_output", grad_output, &inputs.x)?;
        let own = inputs
            .parameters(activation)
            .find(|(name, _)| *name == parameter);
        let grad_parameter = self.empty(
            own.map_or(&[][..], |(_, values)| values.shape()),
            Dtype::F32,
        )?;
        let parts = in_parts([("x", &inputs.x), ("grad_output", &grad_output)])?;
        let parts = parts
            .into_iter()
            .map(
                |Part {
                     slices: [x, grad_output],
                     ..
                 }| (x, grad_output),
            )
            .collect::<Vec<_>>();
        let output = grad_parameter.slice()?;
        self.record(
            &self
                .kernels
                .backward_parameter_of_parts(activation, parameter, &learned, &parts, output)?,
        )?;
        Ok(grad_parameter)
    }

    /// [`Gpu::forward`] in training mode: with dropout behind it, and random slopes of `rrelu`.
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if the dropout is no probability.
    pub fn forward_training<'a>(
        &self,
        activation: Activation,
        training: TrainingMode,
        inputs: impl Into<TensorArgs<'a>>,
    ) -> Result<Tensor, Error> {
        self.of_x(activation, inputs.into(), |inputs, output, start| {
            self.kernels
                .forward_training(activation, training.at_element(start), inputs, output)
        })
    }

    /// The gradient with respect to x of [`Gpu::forward_training`] with the same seed, offset and
    /// dropout.
    ///
    /// # Errors
    /// As [`Gpu::backward`]; also if the dropout is no probability.
    pub fn backward_training<'a>(
        &self,
        activation: Activation,
        training: TrainingMode,
        inputs: impl Into<TensorArgs<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        self.of_gradient(
            activation,
            inputs.into(),
            grad_output.into(),
            |inputs, grad_output, grad_input, start| {
                let training = training.at_element(start);
                self.kernels.backward_training(
                    activation,
                    training,
                    inputs,
                    grad_output,
                    grad_input,
                )
            },
        )
    }

    /// The gradients of [`Gpu::backward`] with respect to x and to `grad_output`, where `tangent`
    /// is the gradient with respect to its result, as PyTorch's double backward gives them:
    /// `tangent * grad_output * f''(x)` and `tangent * f'(x)`.
    ///
    /// # Errors
    /// As [`Gpu::backward`], for `tangent` too.
    pub fn double_backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<TensorArgs<'a>>,
        grad_output: impl Into<View<'a>>,
        tangent: impl Into<View<'a>>,
    ) -> Result<[Tensor; 2], Error> {
        let inputs = self.check_args(activation, inputs.into())?;
        let learned = inputs.learned(activation)?;
        let grad_output = self.check_gpu_and_shape("grad_output", grad_output, &inputs.x)?;
        let tangent = self.check_gpu_and_shape("tangent", tangent, &inputs.x)?;
        let [grad_x, grad_grad_output] = [
            self.empty(&inputs.x.shape, inputs.dtype())?,
            self.empty(&inputs.x.shape, inputs.dtype())?,
        ];
        let views = [
            ("x", &inputs.x),
            ("grad_output", &grad_output),
            ("tangent", &tangent),
            ("grad_x", &grad_x.view()),
            ("grad_grad_output", &grad_grad_output.view()),
        ];
        self.in_parts(
            views,
            |Part {
                 slices: [x, grad_output, tangent, grad_x, grad_grad_output],
                 ..
             }| {
                let inputs = SliceArgs {
                    x,
                    learned: learned.clone(),
                };
                self.kernels.double_backward(
                    activation,
                    inputs,
                    grad_output,
                    tangent,
                    grad_x,
                    grad_grad_output,
                )
            },
        )?;
        Ok([grad_x, grad_grad_output])
    }

    /// A tensor with the elements of another one, stored in another way: rounded to nearest, ties
    /// to even.
    ///
    /// # Errors
    /// If the tensor is another `Gpu`'s, or if there is no memory.
    pub fn to_dtype<'a>(&self, x: impl Into<View<'a>>, dtype: Dtype) -> Result<Tensor, Error> {
        self.forward(
            Activation::Identity,
            TensorArgs::from(x).output_dtype(dtype),
        )
    }

    /// A tensor of the shape of x, from an operation on each part of x: given its inputs, the
    /// output, and the first element.
    fn of_x(
        &self,
        activation: Activation,
        inputs: TensorArgs<'_>,
        operation: impl Fn(SliceArgs<'_>, Slice<'_>, u64) -> Result<Operation, Error>,
    ) -> Result<Tensor, Error> {
        let inputs = self.check_args(activation, inputs)?;
        let learned = inputs.learned(activation)?;
        let output = self.empty(&inputs.x.shape, inputs.dtype())?;
        self.in_parts(
            [("x", &inputs.x), ("output", &output.view())],
            |Part {
                 start,
                 slices: [x, output],
             }| {
                operation(
                    SliceArgs {
                        x,
                        learned: learned.clone(),
                    },
                    output,
                    start,
                )
            },
        )?;
        Ok(output)
    }

    /// The same of x and a gradient of its shape.
    fn of_gradient(
        &self,
        activation: Activation,
        inputs: TensorArgs<'_>,
        grad_output: View<'_>,
        operation: impl Fn(SliceArgs<'_>, Slice<'_>, Slice<'_>, u64) -> Result<Operation, Error>,
    ) -> Result<Tensor, Error> {
        let inputs = self.check_args(activation, inputs)?;
        let learned = inputs.learned(activation)?;
        let grad_output = self.check_gpu_and_shape("grad_output", grad_output, &inputs.x)?;
        let grad_input = self.empty(&inputs.x.shape, inputs.dtype())?;
        let views = [
            ("x", &inputs.x),
            ("grad_output", &grad_output),
            ("grad_input", &grad_input.view()),
        ];
        self.in_parts(
            views,
            |Part {
                 start,
                 slices: [x, grad_output, grad_input],
             }| {
                operation(
                    SliceArgs {
                        x,
                        learned: learned.clone(),
                    },
                    grad_output,
                    grad_input,
                    start,
                )
            },
        )?;
        Ok(grad_input)
    }

    /// Records an operation for each part of tensors that lies in one buffer.
    pub(super) fn in_parts<'a, const N: usize>(
        &self,
        views: [(&'static str, &View<'a>); N],
        operation: impl Fn(Part<'a, N>) -> Result<Operation, Error>,
    ) -> Result<(), Error> {
        in_parts(views)?
            .into_iter()
            .try_for_each(|part| self.record(&operation(part)?))
    }
}

//! Activations of tensors, element by element, and their gradients.

use super::args::Learned;
use super::compute::{all, array, parts};
use super::{Gpu, Tensor, TensorArgs, View};
use crate::kernels::{Operation, Part, Slice, SliceArgs};
use crate::{Activation, Dtype, Error, TrainingMode};

impl Gpu {
    /// Computes `f(x)`, a tensor of the shape and the dtype of x. A learned parameter comes with
    /// x. Without it, the activation's own value counts. [`TensorArgs::output_dtype`] sets another
    /// dtype.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[-2.0, 0.0, 3.0], [3])?;
    /// let y = gpu.forward(Activation::Relu, &x)?;
    ///
    /// // A learned parameter comes with x.
    /// let weight = gpu.upload(&[0.5], [1])?;
    /// let prelu = gpu.forward(Activation::PRELU, (&x, &weight))?;
    ///
    /// let [y, prelu] = gpu.read_blocking([&y, &prelu])?;
    /// assert_eq!(y, [0.0, 0.0, 3.0]);
    /// assert_eq!(prelu, [-1.0, 0.0, 3.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::Parameter`] if a parameter is out of range.
    /// - [`Error::Argument`] if the activation does not learn a parameter that is given, if its
    ///   shape neither is that of the channels nor broadcasts to x, or if a tensor belongs to
    ///   another `Gpu`.
    /// - [`Error::OutOfMemory`] if there is no memory for the result.
    pub fn forward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<TensorArgs<'a>>,
    ) -> Result<Tensor, Error> {
        let [output] = self.activation(
            activation,
            inputs.into(),
            [],
            ["output"],
            &[],
            |_, inputs, [], [output]| self.kernels.forward(activation, inputs, output),
        )?;
        Ok(output)
    }

    /// Computes the gradient with respect to x, `grad_output * f'(x)`. It has the shape of x, and
    /// the dtype that [`Gpu::forward`] gives its result.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let leaky_relu = Activation::LeakyRelu { negative_slope: 0.5 };
    /// let x = gpu.upload(&[-2.0, 3.0], [2])?;
    /// let grad_output = gpu.upload(&[10.0, 10.0], [2])?;
    /// let grad_x = gpu.backward(leaky_relu, &x, &grad_output)?;
    /// assert_eq!(gpu.read_blocking(&grad_x)?, [5.0, 10.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::forward`], and [`Error::Argument`] if `grad_output` has another shape than x.
    pub fn backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<TensorArgs<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        let (inputs, grad_output) = (inputs.into(), grad_output.into());
        let [dx] = self.backward_into(activation, inputs, grad_output, &[])?;
        Ok(dx)
    }

    /// Computes the gradient with respect to x from the output `y = f(x)` in place of x, so that a
    /// training loop can keep y only: `grad_output * f'(x)`, with `f'(x)` as a function of y, as
    /// PyTorch has it for the functions that it computes in place. The result has the shape and the
    /// dtype of y. [`ActivationInfo::from_output`](crate::ActivationInfo::from_output) says which
    /// functions have it, and the error.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[-2.0, 0.0, 3.0], [3])?;
    /// let y = gpu.forward(Activation::Relu, &x)?;
    /// drop(x);
    /// let grad_output = gpu.upload(&[5.0, 5.0, 5.0], [3])?;
    /// let grad_x = gpu.backward_from_output(Activation::Relu, &y, &grad_output)?;
    /// assert_eq!(gpu.read_blocking(&grad_x)?, [0.0, 0.0, 5.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::backward`], and [`Error::Argument`] if y does not tell the derivative: neither does
    /// that of gelu, nor that of leaky_relu with a negative slope.
    pub fn backward_from_output<'a>(
        &self,
        activation: Activation,
        y: impl Into<View<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        let [dx] = self.backward_from_output_into(activation, y.into(), grad_output.into(), &[])?;
        Ok(dx)
    }

    pub(super) fn backward_from_output_into<const N: usize>(
        &self,
        activation: Activation,
        y: View<'_>,
        grad_output: View<'_>,
        into: &[&Tensor],
    ) -> Result<[Tensor; N], Error> {
        let shape = &*y.shape;
        self.compute(
            ("y", &y),
            [("grad_output", grad_output)],
            &[],
            shape,
            [("grad_x", shape, y.tensor.dtype())],
            into,
            |_, y, [dy], _, [dx]| self.kernels.backward_from_output(activation, y, dy, dx),
        )
    }

    pub(super) fn backward_into<const N: usize>(
        &self,
        activation: Activation,
        inputs: TensorArgs<'_>,
        grad_output: View<'_>,
        into: &[&Tensor],
    ) -> Result<[Tensor; N], Error> {
        self.activation(
            activation,
            inputs,
            [("grad_output", grad_output)],
            ["grad_x"],
            into,
            |_, inputs, [dy], [dx]| self.kernels.backward(activation, inputs, dy, dx),
        )
    }

    /// Computes the gradient with respect to a parameter, the sum of `grad_output * df/dparameter`,
    /// in f32. It has the shape of the parameter's tensor if `inputs` hold one, else `[]`.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[-2.0, 3.0, -4.0, -6.0], [2, 2])?;
    /// let weight = gpu.upload(&[0.1, 0.2], [2])?; // one for each channel: dimension 1 of x
    /// let grad_output = gpu.upload(&[1.0; 4], [2, 2])?;
    /// let inputs = (&x, &weight);
    /// let grad_weight = gpu.backward_parameter(Activation::PRELU, "weight", inputs, &grad_output)?;
    /// assert_eq!(gpu.read_blocking(&grad_weight)?, [-6.0, -6.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::backward`], and [`Error::Argument`] if the activation cannot learn the parameter.
    pub fn backward_parameter<'a>(
        &self,
        activation: Activation,
        parameter: &str,
        inputs: impl Into<TensorArgs<'a>>,
        grad_output: impl Into<View<'a>>,
    ) -> Result<Tensor, Error> {
        let (inputs, grad_output) = (inputs.into(), grad_output.into());
        let [of_parameter] =
            self.backward_parameter_into(activation, parameter, inputs, grad_output, &[])?;
        Ok(of_parameter)
    }

    pub(super) fn backward_parameter_into<'a, const N: usize>(
        &self,
        activation: Activation,
        parameter: &str,
        inputs: TensorArgs<'a>,
        grad_output: View<'a>,
        into: &[&Tensor],
    ) -> Result<[Tensor; N], Error> {
        let learned = self.learned(activation, &inputs)?;
        let x = &inputs.x;
        self.check_gpu_and_shape("grad_output", &grad_output, &x.shape)?;
        let own = inputs
            .parameters(activation)
            .find(|(name, _)| *name == parameter);
        let shape = own.map_or(&[][..], |(_, values)| values.shape());
        let new = self.outputs(&[("grad_parameter", shape, Dtype::F32)], into)?;
        let whole = learned.whole.iter().map(|(name, view)| (*name, view));
        let tensors = [("x", x), ("grad_output", &grad_output)].into_iter();
        let parts = parts(&tensors.chain(whole).collect::<Vec<_>>())?;
        let args = |(part, slices): &(Part, Vec<Slice<'a>>)| {
            let learned = learned.of_part(&slices[2..]);
            let (x, part) = (slices[0], Some(*part));
            (SliceArgs { x, learned, part }, slices[1])
        };
        let args: Vec<_> = parts.iter().map(args).collect();
        let run = |args: &[_], output: Slice<'_>| {
            let output = Slice {
                accumulates: !into.is_empty(),
                ..output
            };
            let kernels = &self.kernels;
            let operation =
                kernels.backward_parameter_of_parts(activation, parameter, args, output);
            self.record(&operation?)
        };
        for of_parameter in all(into, &new) {
            // The gradient of a parameter of x's shape is divided among buffers as x is.
            if learned.whole.iter().any(|(name, _)| *name == parameter) {
                for (part, args) in parts.iter().zip(&args) {
                    let start = part.0.first as usize;
                    let output = of_parameter.part(start..start + args.1.elements() as usize);
                    run(std::slice::from_ref(args), output)?;
                }
            } else {
                run(&args, of_parameter.slice()?)?;
            }
        }
        Ok(array(new))
    }

    /// Computes [`Gpu::forward`] in training mode: dropout follows the activation, and `rrelu`
    /// draws a random slope for each element.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu, TrainingMode};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0; 1000], [1000])?;
    /// let grad_output = gpu.upload(&[1.0; 1000], [1000])?;
    /// let training = TrainingMode { seed: 42, offset: 0, dropout: 0.5 };
    /// let y = gpu.forward_training(Activation::Relu, training, &x)?;
    /// // The same seed and offset drop the same elements.
    /// let grad_x = gpu.backward_training(Activation::Relu, training, &x, &grad_output)?;
    ///
    /// let [y, grad_x] = gpu.read_blocking([&y, &grad_x])?;
    /// assert!(y.iter().all(|&y| y == 0.0 || y == 2.0)); // dropped, or scaled by 1 / (1 - dropout)
    /// assert_eq!(y, grad_x);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::forward`]; also if the dropout is no probability.
    pub fn forward_training<'a>(
        &self,
        activation: Activation,
        training: TrainingMode,
        inputs: impl Into<TensorArgs<'a>>,
    ) -> Result<Tensor, Error> {
        let [output] = self.activation(
            activation,
            inputs.into(),
            [],
            ["output"],
            &[],
            |part, inputs, [], [output]| {
                let training = training.at_element(part.first);
                self.kernels
                    .forward_training(activation, training, inputs, output)
            },
        )?;
        Ok(output)
    }

    /// Computes the gradient with respect to x of [`Gpu::forward_training`] with the same seed,
    /// offset and dropout.
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
        let (inputs, grad_output) = (inputs.into(), grad_output.into());
        let [dx] = self.backward_training_into(activation, training, inputs, grad_output, &[])?;
        Ok(dx)
    }

    pub(super) fn backward_training_into<const N: usize>(
        &self,
        activation: Activation,
        training: TrainingMode,
        inputs: TensorArgs<'_>,
        grad_output: View<'_>,
        into: &[&Tensor],
    ) -> Result<[Tensor; N], Error> {
        self.activation(
            activation,
            inputs,
            [("grad_output", grad_output)],
            ["grad_x"],
            into,
            |part, inputs, [dy], [dx]| {
                let training = training.at_element(part.first);
                self.kernels
                    .backward_training(activation, training, inputs, dy, dx)
            },
        )
    }

    /// Computes the gradients of [`Gpu::backward`] with respect to x and to `grad_output`:
    /// `tangent * grad_output * f''(x)` and `tangent * f'(x)`. `tangent` is the gradient with
    /// respect to the result of the backward pass, as in PyTorch's double backward.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[-3.0, 3.0], [2])?;
    /// let grad_output = gpu.upload(&[10.0, 10.0], [2])?;
    /// let tangent = gpu.upload(&[1.0, 1.0], [2])?;
    /// let [grad_x, grad_grad_output] =
    ///     gpu.double_backward(Activation::ReluSquared, &x, &grad_output, &tangent)?;
    ///
    /// let [grad_x, grad_grad_output] = gpu.read_blocking([&grad_x, &grad_grad_output])?;
    /// assert_eq!(grad_x, [0.0, 20.0]); // f''(x) = 2 for x > 0
    /// assert_eq!(grad_grad_output, [0.0, 6.0]); // f'(x) = 2x for x > 0
    /// # Ok(())
    /// # }
    /// ```
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
        let (grad_output, tangent) = (grad_output.into(), tangent.into());
        self.double_backward_into(activation, inputs.into(), grad_output, tangent, &[])
    }

    pub(super) fn double_backward_into<const N: usize>(
        &self,
        activation: Activation,
        inputs: TensorArgs<'_>,
        grad_output: View<'_>,
        tangent: View<'_>,
        into: &[&Tensor],
    ) -> Result<[Tensor; N], Error> {
        self.activation(
            activation,
            inputs,
            [("grad_output", grad_output), ("tangent", tangent)],
            ["grad_x", "grad_grad_output"],
            into,
            |_, inputs, [dy, tangent], [dx, ddy]| {
                self.kernels
                    .double_backward(activation, inputs, dy, tangent, dx, ddy)
            },
        )
    }

    /// Copies a tensor into another dtype. Values are rounded to nearest, ties to even.
    ///
    /// ```
    /// use wgpu_activations::{Dtype, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0, 1.001], [2])?;
    /// let x = gpu.to_dtype(&x, Dtype::Bf16)?;
    /// assert_eq!(gpu.read_blocking(&x)?, [1.0, 1.0]); // bf16 has 8 significant bits
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if the tensor belongs to another `Gpu`, [`Error::OutOfMemory`] if there
    /// is no memory for the result.
    pub fn to_dtype<'a>(&self, x: impl Into<View<'a>>, dtype: Dtype) -> Result<Tensor, Error> {
        self.forward(
            Activation::Identity,
            TensorArgs::from(x).output_dtype(dtype),
        )
    }

    /// [`Gpu::compute`] for an activation, whose tensors all have the shape of x.
    fn activation<const I: usize, const O: usize, const N: usize>(
        &self,
        activation: Activation,
        inputs: TensorArgs<'_>,
        others: [(&'static str, View<'_>); I],
        outputs: [&'static str; O],
        into: &[&Tensor],
        run: impl Fn(Part, SliceArgs<'_>, [Slice<'_>; I], [Slice<'_>; O]) -> Result<Operation, Error>,
    ) -> Result<[Tensor; N], Error> {
        let learned = self.learned(activation, &inputs)?;
        let shape = &inputs.x.shape;
        let outputs = outputs.map(|name| (name, &**shape, inputs.dtype()));
        self.compute(
            ("x", &inputs.x),
            others,
            &learned.whole,
            shape,
            outputs,
            into,
            |part, x, others, whole, outputs| {
                let learned = learned.of_part(whole);
                let args = SliceArgs {
                    x,
                    learned,
                    part: Some(part),
                };
                run(part, args, others, outputs)
            },
        )
    }

    /// Checks the inputs of an activation. Returns its learned parameters.
    fn learned<'a>(
        &self,
        activation: Activation,
        inputs: &TensorArgs<'a>,
    ) -> Result<Learned<'a>, Error> {
        self.check_gpu("x", inputs.x.tensor)?;
        for (name, values) in inputs.parameters(activation) {
            self.check_gpu(name, values)?;
        }
        inputs.learned(activation)
    }
}

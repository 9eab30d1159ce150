//! Activations element by element, in the low-level API.

use super::elementwise_request::{Request, position};
use super::request::{Operand, check_overlaps};
use super::{Kernels, Operation, Slice, SliceArgs};
use crate::wgsl::Op;
use crate::{Activation, Error, TrainingMode};

impl Kernels {
    /// Computes `output = f(x)`, element by element. Both slices have the same number of elements.
    ///
    /// # Errors
    /// - [`Error::Parameter`] if a parameter is out of range.
    /// - [`Error::Overlap`] if `output` has bytes in common with another argument. They may lie in
    ///   one buffer.
    /// - [`Error::Argument`] if they differ in length, if a slice is unaligned or passes its
    ///   buffer's end, if a buffer lacks `STORAGE` usage, or if a learned parameter does not fit.
    /// - [`Error::Compile`] or [`Error::Wgpu`] if wgpu refuses a kernel or a binding.
    pub fn forward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (inputs, output) = (inputs.into(), ("output", output.into()));
        self.elementwise(&self.request(activation, Op::Forward, &inputs, output, [])?)
    }

    /// Computes `x = f(x)`, which overwrites the slice of x.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # let gpu = Gpu::new_blocking()?;
    /// # let x = gpu.upload(&[-1.0, 2.0], [2])?;
    /// # let (kernels, device, queue, slice) = (gpu.kernels(), gpu.device(), gpu.queue(), x.slice()?);
    /// # gpu.submit()?;
    /// let operation = kernels.forward_in_place(Activation::Relu, slice)?;
    /// let mut encoder = device.create_command_encoder(&Default::default());
    /// operation.encode(&mut encoder);
    /// queue.submit([encoder.finish()]);
    /// # assert_eq!(gpu.read_blocking(&x)?, [0.0, 2.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Kernels::forward`].
    pub fn forward_in_place<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
    ) -> Result<Operation, Error> {
        let inputs = inputs.into();
        let arguments = [("x", inputs.x); 2];
        self.in_place(activation, Op::Forward, &inputs, arguments)
    }

    /// Computes the gradient with respect to x, `grad_x = grad_output * f'(x)`. If the
    /// derivative is 0, the gradient is 0 even for an infinite `grad_output`. NaN in either gives
    /// NaN.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// # let [x, dy, dx] = [[-2.0, 3.0], [10.0, 10.0], [0.0; 2]].map(|values| gpu.upload(&values, [2]));
    /// # let (x, dy, dx) = (x?, dy?, dx?);
    /// # let (x, grad_output, grad_x) = (x.slice()?, dy.slice()?, dx.slice()?);
    /// # let (kernels, device, queue) = (gpu.kernels(), gpu.device(), gpu.queue());
    /// # gpu.submit()?;
    /// use wgpu_activations::Activation;
    ///
    /// // `x`, `grad_output` and `grad_x` are slices of the same length.
    /// let operation = kernels.backward(Activation::Relu, x, grad_output, grad_x)?;
    /// let mut encoder = device.create_command_encoder(&Default::default());
    /// operation.encode(&mut encoder);
    /// queue.submit([encoder.finish()]);
    /// # assert_eq!(gpu.read_blocking(&dx)?, [0.0, 10.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Kernels::forward`], for all three slices.
    pub fn backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (inputs, output) = (inputs.into(), ("grad_x", grad_x.into()));
        let others = [("grad_output", grad_output.into())];
        self.elementwise(&self.request(activation, Op::Backward, &inputs, output, others)?)
    }

    /// Computes `grad = grad * f'(x)`. The gradient with respect to x overwrites the slice that
    /// holds `grad_output`.
    ///
    /// # Errors
    /// As [`Kernels::backward`].
    pub fn backward_in_place<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
        grad: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (inputs, grad) = (inputs.into(), ("grad", grad.into()));
        let arguments = [grad, ("x", inputs.x), grad];
        self.in_place(activation, Op::Backward, &inputs, arguments)
    }

    /// Computes the gradient with respect to x from the output `y = f(x)` in place of x, so that a
    /// training loop can keep y only, and compute it [in place](Self::forward_in_place):
    /// `grad_x = grad_output * f'(x)`, with `f'(x)` as a function of y.
    /// [`ActivationInfo::from_output`](crate::ActivationInfo::from_output) says which functions have
    /// it, and the error.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// # let [x, dy] = [[-2.0, 3.0], [10.0, 10.0]].map(|values| gpu.upload(&values, [2]));
    /// # let (x, dy) = (x?, dy?);
    /// # let (x, grad) = (x.slice()?, dy.slice()?);
    /// # let (kernels, device, queue) = (gpu.kernels(), gpu.device(), gpu.queue());
    /// # gpu.submit()?;
    /// use wgpu_activations::Activation;
    ///
    /// // Forward overwrites `x` with y, and backward overwrites `grad_output` with `grad_x`.
    /// let forward = kernels.forward_in_place(Activation::Relu, x)?;
    /// let backward = kernels.backward_from_output_in_place(Activation::Relu, x, grad)?;
    /// let mut encoder = device.create_command_encoder(&Default::default());
    /// forward.encode(&mut encoder);
    /// backward.encode(&mut encoder);
    /// queue.submit([encoder.finish()]);
    /// # assert_eq!(gpu.read_blocking(&dy)?, [0.0, 10.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Kernels::backward`], and [`Error::Argument`] if y does not tell the derivative: neither
    /// does that of gelu, nor that of leaky_relu with a negative slope.
    pub fn backward_from_output<'a>(
        &self,
        activation: Activation,
        y: impl Into<Slice<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let op = Op::BackwardFromOutput;
        let arguments = [
            ("grad_x", grad_x.into()),
            ("y", y.into()),
            ("grad_output", grad_output.into()),
        ];
        self.told_gradient(activation, Operand::of_op(op, arguments))
    }

    /// Computes [`Kernels::backward_from_output`] in the slice that holds `grad_output`.
    ///
    /// # Errors
    /// As [`Kernels::backward_from_output`].
    pub fn backward_from_output_in_place<'a>(
        &self,
        activation: Activation,
        y: impl Into<Slice<'a>>,
        grad: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (op, grad) = (Op::BackwardFromOutput, ("grad", grad.into()));
        let arguments = [grad, ("y", y.into()), grad];
        self.told_gradient(activation, Operand::of_op_in_place(op, arguments))
    }

    /// Computes the gradient with respect to a parameter, the sum of `grad_output * df/dparameter`
    /// over all elements. If `inputs` hold the parameter with a value for each channel, there is a
    /// sum for each channel. A fixed order of summation gives the same bits on each run.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu, LearnedParam};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # let gpu = Gpu::new_blocking()?;
    /// # let [x, dy, w, dw] = [[-2.0, 3.0], [10.0, 10.0], [0.25, 0.5], [0.0; 2]].map(|values| gpu.upload(&values, [1, 2]));
    /// # let (x, dy, w, dw) = (x?, dy?, w?, dw?);
    /// # let (x, grad_output, weight, grad_weight) = (x.slice()?, dy.slice()?, w.slice()?, dw.slice()?);
    /// # let kernels = gpu.kernels();
    /// // There is one weight for each of two channels, so `grad_weight` has two elements.
    /// let inputs = (x, LearnedParam::per_channel(weight, 1));
    /// let prelu = Activation::PRELU;
    /// let operation = kernels.backward_parameter(prelu, "weight", inputs, grad_output, grad_weight)?;
    /// # gpu.submit()?;
    /// # let mut encoder = gpu.device().create_command_encoder(&Default::default());
    /// # operation.encode(&mut encoder);
    /// # gpu.queue().submit([encoder.finish()]);
    /// # assert_eq!(gpu.read_blocking(&dw)?, [-20.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Kernels::backward`], and [`Error::Argument`] if the activation cannot learn the
    /// parameter, or if `grad_parameter` has another length than the parameter. That length is 1 if
    /// `inputs` do not hold the parameter.
    pub fn backward_parameter<'a>(
        &self,
        activation: Activation,
        parameter: &str,
        inputs: impl Into<SliceArgs<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_parameter: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let parts = [(inputs.into(), grad_output.into())];
        let grad_parameter = grad_parameter.into();
        self.backward_parameter_of_parts(activation, parameter, &parts, grad_parameter)
    }

    /// Computes [`Kernels::backward_parameter`] for tensors that lie in several buffers. Each part
    /// has its inputs and a slice of `grad_output`.
    pub(crate) fn backward_parameter_of_parts<'a>(
        &self,
        activation: Activation,
        parameter: &str,
        parts: &[(SliceArgs<'a>, Slice<'a>)],
        grad_parameter: Slice<'a>,
    ) -> Result<Operation, Error> {
        let position = position(activation, parameter)?;
        let op = Op::BackwardParameter;
        let request = |(inputs, grad_output): &_| {
            let output = ("grad_parameter", grad_parameter);
            self.request(
                activation,
                op,
                inputs,
                output,
                [("grad_output", *grad_output)],
            )
        };
        let parts = parts.iter().map(request).collect::<Result<Vec<_>, _>>()?;
        self.parameter_gradient(activation, position, parts)
    }

    /// Computes [`Kernels::forward`] in training mode: dropout follows the activation, and `rrelu`
    /// draws a random slope for each element.
    ///
    /// # Errors
    /// As [`Kernels::forward`]; also if the dropout is no probability.
    pub fn forward_training<'a>(
        &self,
        activation: Activation,
        training: TrainingMode,
        inputs: impl Into<SliceArgs<'a>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (inputs, output) = (inputs.into(), ("output", output.into()));
        let request = self.request(activation, Op::ForwardTraining, &inputs, output, [])?;
        self.elementwise(&request.in_training(training)?)
    }

    /// Computes the gradient with respect to x of [`Kernels::forward_training`] with the same seed,
    /// offset and dropout.
    ///
    /// # Errors
    /// As [`Kernels::backward`]; also if the dropout is no probability.
    pub fn backward_training<'a>(
        &self,
        activation: Activation,
        training: TrainingMode,
        inputs: impl Into<SliceArgs<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (inputs, output) = (inputs.into(), ("grad_x", grad_x.into()));
        let others = [("grad_output", grad_output.into())];
        let request = self.request(activation, Op::BackwardTraining, &inputs, output, others)?;
        self.elementwise(&request.in_training(training)?)
    }

    /// Computes the gradients of [`Kernels::backward`] with respect to x and to `grad_output`:
    /// `grad_x = tangent * grad_output * f''(x)` and `grad_grad_output = tangent * f'(x)`.
    /// `tangent` is the gradient with respect to the result of the backward pass. f'' is 0 where f'
    /// jumps. If f'' is 0, `grad_x` is 0.
    ///
    /// # Errors
    /// As [`Kernels::forward`], for all slices.
    pub fn double_backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
        grad_output: impl Into<Slice<'a>>,
        tangent: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
        grad_grad_output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (inputs, tangent) = (inputs.into(), tangent.into());
        let output = ("grad_x", grad_x.into());
        let others = [("grad_output", grad_output.into()), ("tangent", tangent)];
        let of_x = self.request(activation, Op::DoubleBackward, &inputs, output, others)?;
        let output = ("grad_grad_output", grad_grad_output.into());
        let others = [("grad_output", tangent)];
        let of_grad_output = self.request(activation, Op::Backward, &inputs, output, others)?;
        check_overlaps(&[&*of_x.operands, &of_grad_output.operands[..1]].concat())?;
        let mut operation = self.elementwise(&of_x)?;
        operation.append(self.elementwise(&of_grad_output)?);
        Ok(operation)
    }

    fn told_gradient(
        &self,
        activation: Activation,
        operands: Vec<Operand<'_>>,
    ) -> Result<Operation, Error> {
        let activation = activation.told_by_output()?;
        let (op, most) = (Op::BackwardFromOutput, self.elements_in_binding());
        self.elementwise(&Request::of_activation(
            activation,
            op,
            operands,
            &[],
            None,
            most,
        )?)
    }

    /// Plans an op whose last argument is also its output.
    fn in_place<'a, const N: usize>(
        &self,
        activation: Activation,
        op: Op,
        inputs: &SliceArgs<'a>,
        arguments: [(&'static str, Slice<'a>); N],
    ) -> Result<Operation, Error> {
        let operands = Operand::of_op_in_place(op, arguments);
        self.elementwise(&self.checked(activation, op, operands, inputs)?)
    }

    /// Makes the request of an op that has one output, x and the other arguments.
    fn request<'a, const N: usize>(
        &self,
        activation: Activation,
        op: Op,
        inputs: &SliceArgs<'a>,
        output: (&'static str, Slice<'a>),
        others: [(&'static str, Slice<'a>); N],
    ) -> Result<Request<'a>, Error> {
        let arguments = [output, ("x", inputs.x)].into_iter().chain(others);
        self.checked(activation, op, Operand::of_op(op, arguments), inputs)
    }

    fn checked<'a>(
        &self,
        activation: Activation,
        op: Op,
        operands: Vec<Operand<'a>>,
        inputs: &SliceArgs<'a>,
    ) -> Result<Request<'a>, Error> {
        let (learned, most) = (&inputs.learned, self.elements_in_binding());
        Request::of_activation(activation, op, operands, learned, inputs.part, most)
    }
}

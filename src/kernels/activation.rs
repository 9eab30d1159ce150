//! Activations element by element, in the low-level API.

use super::elementwise::{Request, position};
use super::request::{Operand, check_buffers};
use super::{Kernels, LearnedParam, Operation, Slice, SliceArgs};
use crate::wgsl::Op;
use crate::{Activation, Error, TrainingMode};

impl Kernels {
    /// `output = f(x)`, element by element.
    ///
    /// # Errors
    /// If a parameter is out of range, if `x` and `output` differ in length or share a buffer, or
    /// if a slice is unaligned, past its buffer's end, without `STORAGE` usage, or refused by wgpu.
    pub fn forward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let operands = Operand::of_op(Op::Forward, [("output", output.into()), ("x", x)]);
        self.elementwise(&Request::of_activation(
            activation,
            Op::Forward,
            operands,
            &learned,
        )?)
    }

    /// `x = f(x)`: the slice of `x` is overwritten.
    ///
    /// # Errors
    /// As [`Kernels::forward`].
    pub fn forward_in_place<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let operands = Operand::of_op_in_place(Op::Forward, [("x", x), ("x", x)]);
        self.elementwise(&Request::of_activation(
            activation,
            Op::Forward,
            operands,
            &learned,
        )?)
    }

    /// `grad_input = grad_output * f'(x)`: the gradient with respect to x. If the derivative is 0,
    /// the gradient is 0, even for an infinite `grad_output`. NaN in either stays NaN.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// # let (device, kernels) = (gpu.device(), gpu.kernels());
    /// # let buffer = || device.create_buffer(&wgpu::BufferDescriptor { label: None, size: 256, usage: wgpu::BufferUsages::STORAGE, mapped_at_creation: false });
    /// # let (x, grad_output, grad_input) = (buffer(), buffer(), buffer());
    /// # use wgpu_activations::wgpu;
    /// use wgpu_activations::Activation;
    ///
    /// let operation = kernels.backward(Activation::Gelu, &x, &grad_output, &grad_input)?;
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
        grad_input: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let request = backward(
            activation,
            inputs.into(),
            grad_output.into(),
            ("grad_input", grad_input.into()),
        );
        self.elementwise(&request?)
    }

    /// `grad = grad * f'(x)`: the slice that holds `grad_output` is overwritten with the gradient
    /// with respect to x.
    ///
    /// # Errors
    /// As [`Kernels::backward`].
    pub fn backward_in_place<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
        grad: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (SliceArgs { x, learned }, grad) = (inputs.into(), grad.into());
        let operands =
            Operand::of_op_in_place(Op::Backward, [("grad", grad), ("x", x), ("grad", grad)]);
        self.elementwise(&Request::of_activation(
            activation,
            Op::Backward,
            operands,
            &learned,
        )?)
    }

    /// The gradient with respect to a parameter: the sum of `grad_output * df/dparameter` over all
    /// elements. If `inputs` hold the parameter with a value for each channel, there is a sum for
    /// each channel. Pairwise summation in a fixed order gives the same bits on each run.
    ///
    /// # Errors
    /// As [`Kernels::backward`]; also if the activation cannot learn the parameter, or if
    /// `grad_parameter` has another length than the parameter, which is 1 if `inputs` do not hold
    /// it.
    pub fn backward_parameter<'a>(
        &self,
        activation: Activation,
        parameter: &str,
        inputs: impl Into<SliceArgs<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_parameter: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let parts = [(x, grad_output.into())];
        self.backward_parameter_of_parts(
            activation,
            parameter,
            &learned,
            &parts,
            grad_parameter.into(),
        )
    }

    /// [`Kernels::backward_parameter`] of tensors that lie in several buffers: parts of x and of
    /// the gradient.
    pub(crate) fn backward_parameter_of_parts<'a>(
        &self,
        activation: Activation,
        parameter: &str,
        learned: &[LearnedParam<'a>],
        parts: &[(Slice<'a>, Slice<'a>)],
        grad_parameter: Slice<'a>,
    ) -> Result<Operation, Error> {
        let op = Op::BackwardParameter(position(activation, parameter)?);
        let request = |&(x, grad_output): &_| {
            let arguments = [
                ("grad_parameter", grad_parameter),
                ("x", x),
                ("grad_output", grad_output),
            ];
            Request::of_activation(activation, op, Operand::of_op(op, arguments), learned)
        };
        let parts = parts.iter().map(request).collect::<Result<Vec<_>, _>>()?;
        self.reduction(&parts, parameter)
    }

    /// [`Kernels::forward`] in training mode: with dropout behind it, and random slopes of `rrelu`.
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
        let (SliceArgs { x, learned }, op) = (inputs.into(), Op::ForwardTraining);
        let operands = Operand::of_op(op, [("output", output.into()), ("x", x)]);
        let request = Request::of_activation(activation, op, operands, &learned)?;
        self.elementwise(&request.in_training(training)?)
    }

    /// The gradient with respect to x of [`Kernels::forward_training`] with the same seed, offset
    /// and dropout.
    ///
    /// # Errors
    /// As [`Kernels::backward`]; also if the dropout is no probability.
    pub fn backward_training<'a>(
        &self,
        activation: Activation,
        training: TrainingMode,
        inputs: impl Into<SliceArgs<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_input: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (SliceArgs { x, learned }, op) = (inputs.into(), Op::BackwardTraining);
        let arguments = [
            ("grad_input", grad_input.into()),
            ("x", x),
            ("grad_output", grad_output.into()),
        ];
        let request =
            Request::of_activation(activation, op, Operand::of_op(op, arguments), &learned)?;
        self.elementwise(&request.in_training(training)?)
    }

    /// The gradients of [`Kernels::backward`] with respect to x and to `grad_output`: `grad_x =
    /// tangent * grad_output * f''(x)` and `grad_grad_output = tangent * f'(x)`. `tangent` is the
    /// gradient with respect to the result of the backward pass. f'' is 0 where f' jumps. If f'' is
    /// 0, `grad_x` is 0.
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
        let (inputs, tangent, op) = (inputs.into(), tangent.into(), Op::DoubleBackward);
        let arguments = [
            ("grad_x", grad_x.into()),
            ("x", inputs.x),
            ("grad_output", grad_output.into()),
            ("tangent", tangent),
        ];
        let operands = Operand::of_op(op, arguments);
        let of_x = Request::of_activation(activation, op, operands, &inputs.learned)?;
        let output = ("grad_grad_output", grad_grad_output.into());
        let of_grad_output = backward(activation, inputs, tangent, output)?;
        check_buffers(&[of_x.operands.clone(), vec![of_grad_output.operands[0]]].concat())?;
        let mut operation = self.elementwise(&of_x)?;
        operation
            .dispatches
            .extend(self.elementwise(&of_grad_output)?.dispatches);
        Ok(operation)
    }
}

fn backward<'a>(
    activation: Activation,
    inputs: SliceArgs<'a>,
    grad_output: Slice<'a>,
    output: (&'static str, Slice<'a>),
) -> Result<Request<'a>, Error> {
    let SliceArgs { x, learned } = inputs;
    let operands = Operand::of_op(
        Op::Backward,
        [output, ("x", x), ("grad_output", grad_output)],
    );
    Request::of_activation(activation, Op::Backward, operands, &learned)
}

//! What can be computed: the functions, their outputs, and their kernels.

use burn::tensor::Shape;
use wgpu_activations::{
    Activation, AxisFunction, AxisShape, Error, Expression, Fused, Glu, GluLayout, Kernels,
    Operation, Slice, SliceValue, SplitLayout,
};

/// A function of one tensor, or an expression of several.
#[derive(Clone, Debug)]
pub enum Function {
    Activation(Activation),
    /// Values and gates lie along this dimension.
    Glu(Glu, usize),
    Softmax(usize),
    /// The tensors have the names of its operands, in their order.
    Expression(Expression),
}

impl Function {
    /// The shape of the result.
    pub fn output_shape<'a>(&self, inputs: impl IntoIterator<Item = &'a Shape>) -> Shape {
        let mut inputs = inputs.into_iter();
        let mut shape = inputs.next().expect("there is an input").clone();
        if let Self::Glu(_, dim) = *self {
            shape[dim] /= 2;
        }
        for input in inputs {
            // What is broadcast has 1, which the length of another may replace, 0 included.
            let pairs = shape.iter_mut().zip(input.iter());
            pairs
                .filter(|(length, _)| **length == 1)
                .for_each(|(length, &other)| *length = other);
        }
        shape
    }

    /// Whether the gradient is computed from the result instead of the inputs.
    pub fn saves_output(&self) -> bool {
        matches!(self, Self::Softmax(_))
    }

    pub fn forward(
        &self,
        kernels: &Kernels,
        shapes: &[Shape],
        inputs: &[Slice<'_>],
        output: Slice<'_>,
    ) -> Result<Operation, Error> {
        let x = inputs[0];
        match self {
            Self::Activation(activation) => kernels.forward(*activation, x, output),
            Self::Glu(glu, dim) => kernels.glu_split(*glu, split(&shapes[0], *dim), x, output),
            Self::Softmax(dim) => {
                kernels.forward_axis(AxisFunction::SOFTMAX, rows(&shapes[0], *dim), x, output)
            }
            Self::Expression(expression) => {
                evaluate(kernels, &expression.fuse(), shapes, inputs, &[output])
            }
        }
    }

    /// Computes the gradients with respect to the inputs of these numbers. `saved` are the inputs, or
    /// the result if [`Self::saves_output`].
    pub fn backward(
        &self,
        kernels: &Kernels,
        shapes: &[Shape],
        saved: &[Slice<'_>],
        grad_output: Slice<'_>,
        of: &[usize],
        gradients: &[Slice<'_>],
    ) -> Result<Operation, Error> {
        let (saved_0, grad_0) = (saved[0], gradients[0]);
        match self {
            Self::Activation(activation) => {
                kernels.backward(*activation, saved_0, grad_output, grad_0)
            }
            Self::Glu(glu, dim) => kernels.glu_split_backward(
                *glu,
                split(&shapes[0], *dim),
                saved_0,
                grad_output,
                grad_0,
            ),
            Self::Softmax(dim) => kernels.backward_axis(
                AxisFunction::SOFTMAX,
                rows(&shapes[0], *dim),
                saved_0,
                grad_output,
                grad_0,
            ),
            Self::Expression(expression) => {
                let names = expression.operands();
                let fused =
                    expression.fuse_gradients(of.iter().map(|&operand| names[operand].as_str()));
                let fused = fused.unwrap_or_else(|error| panic!("{error}"));
                let (mut shapes, mut inputs) = (shapes.to_vec(), saved.to_vec());
                shapes.push(self.output_shape(&shapes));
                inputs.push(grad_output);
                evaluate(kernels, &fused, &shapes, &inputs, gradients)
            }
        }
    }
}

/// Evaluates with the tensors in the order of the operands.
fn evaluate(
    kernels: &Kernels,
    fused: &Fused,
    shapes: &[Shape],
    inputs: &[Slice<'_>],
    outputs: &[Slice<'_>],
) -> Result<Operation, Error> {
    let lengths = |shape: &Shape| shape.iter().map(|&length| length as u64).collect();
    let shapes: Vec<Vec<u64>> = shapes.iter().map(lengths).collect();
    let values = inputs.iter().zip(&shapes);
    let values = values.map(|(&input, shape)| SliceValue::Tensor(input, shape));
    let names = fused.operands().iter().map(String::as_str);
    let operands: Vec<_> = names.zip(values).collect();
    kernels.evaluate(fused, &operands, None, outputs)
}

/// The rows of a tensor along a dimension.
fn rows(shape: &Shape, dim: usize) -> AxisShape {
    let product = |lengths: &[usize]| lengths.iter().product::<usize>() as u64;
    AxisShape::new(
        product(&shape[..dim]),
        shape[dim] as u64,
        product(&shape[dim + 1..]),
    )
}

/// Values and gates along a dimension, as PyTorch's `glu` has them.
fn split(shape: &Shape, dim: usize) -> SplitLayout {
    let AxisShape { length, inner, .. } = rows(shape, dim);
    SplitLayout::new(length, inner, GluLayout::ValueGate)
}

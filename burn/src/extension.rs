//! The functions as Burn's backends have them: computed on wgpu, and differentiated by autodiff. With
//! Burn's fusion they are operations of its queue.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
#[cfg(feature = "fusion")]
use burn::backend::fusion::custom::TensorSpec;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, TensorMetadata, backend_extension};
use burn::tensor::Shape;
use burn_cubecl::CubeBackend;

use crate::device::compute;
use crate::function::Function;
use crate::tensors::Tensors;
#[cfg(feature = "fusion")]
use crate::tensors::TensorsMetadata;

/// The results of functions.
#[backend_extension(Cube, Autodiff, Fusion: cfg(feature = "fusion"))]
pub trait Forward: Backend {
    #[fusion(meta = described_output)]
    fn forward(#[extension_type] inputs: Tensors<Self>, function: Function) -> FloatTensor<Self>;
}

/// Their gradients, with respect to the inputs of these numbers. They have none themselves.
#[backend_extension(Cube, Fusion: cfg(feature = "fusion"))]
pub trait Gradient: Backend {
    #[fusion(meta = described_gradients)]
    fn gradients(
        #[extension_type] saved: Tensors<Self>,
        grad_output: FloatTensor<Self>,
        function: Function,
        of: Vec<usize>,
    ) -> Tensors<Self>;
}

#[cfg(feature = "fusion")]
fn described_output(inputs: &TensorsMetadata, function: &Function) -> TensorSpec {
    let inputs = Vec::from(inputs.clone());
    TensorSpec::new(
        function.output_shape(inputs.iter().map(|input| &input.shape)),
        inputs[0].dtype,
    )
}

#[cfg(feature = "fusion")]
fn described_gradients(
    saved: &TensorsMetadata,
    _grad_output: &TensorSpec,
    _function: &Function,
    of: &[usize],
) -> TensorsMetadata {
    let saved = Vec::from(saved.clone());
    let gradients: Vec<_> = of.iter().map(|&input| saved[input].clone()).collect();
    gradients.into()
}

impl Forward for CubeBackend {
    fn forward(inputs: Tensors<Self>, function: Function) -> FloatTensor<Self> {
        let inputs = Vec::from(inputs);
        let shapes: Vec<Shape> = inputs.iter().map(TensorMetadata::shape).collect();
        let output = (function.output_shape(&shapes), inputs[0].dtype);
        let outputs = compute(inputs, vec![output], |kernels, inputs, outputs| {
            function.forward(kernels, &shapes, inputs, outputs[0])
        });
        outputs.into_iter().next().expect("there is one output")
    }
}

impl Gradient for CubeBackend {
    fn gradients(
        saved: Tensors<Self>,
        grad_output: FloatTensor<Self>,
        function: Function,
        of: Vec<usize>,
    ) -> Tensors<Self> {
        let mut inputs = Vec::from(saved);
        let shapes: Vec<Shape> = inputs.iter().map(TensorMetadata::shape).collect();
        let (grad_shape, dtype) = (grad_output.shape(), grad_output.dtype);
        inputs.push(grad_output);
        let outputs = of.iter().map(|&input| {
            // What is summed over a broadcast is an f32.
            let is_summed =
                matches!(function, Function::Expression(_)) && shapes[input] != grad_shape;
            (
                shapes[input].clone(),
                if is_summed { DType::F32 } else { dtype },
            )
        });
        let outputs = outputs.collect();
        let gradients = compute(inputs, outputs, |kernels, inputs, gradients| {
            let (saved, grad_output) = inputs.split_at(shapes.len());
            function.backward(kernels, &shapes, saved, grad_output[0], &of, gradients)
        });
        let rounded = gradients
            .into_iter()
            .map(|gradient| match gradient.dtype == dtype {
                true => gradient,
                false => Self::float_cast(gradient, dtype.into()),
            });
        rounded.collect::<Vec<_>>().into()
    }
}

impl<B: Forward + Gradient, C: CheckpointStrategy> Forward for Autodiff<B, C> {
    fn forward(inputs: Tensors<Self>, function: Function) -> FloatTensor<Self> {
        macro_rules! of_number {
            ($($number:literal),+) => {{
                let inputs = Vec::from(inputs);
                $(let inputs = match <[_; $number]>::try_from(inputs) {
                    Ok(inputs) => return tracked::<B, C, $number>(inputs, function),
                    Err(inputs) => inputs,
                };)+
                unreachable!("{} tensors", inputs.len())
            }};
        }
        of_number!(1, 2, 3, 4, 5, 6, 7, 8)
    }
}

/// Computes the result, and keeps what the gradient needs.
fn tracked<B: Forward + Gradient, C: CheckpointStrategy, const N: usize>(
    inputs: [FloatTensor<Autodiff<B, C>>; N],
    function: Function,
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = inputs.each_ref().map(|input| input.node());
    let inputs = Vec::from(inputs.map(|input| input.into_primitive()));
    let output = B::forward(inputs.clone().into(), function.clone());
    match (Differentiated {
        function: function.clone(),
    })
    .prepare::<C>(nodes)
    .compute_bound()
    .stateful()
    {
        OpsKind::Tracked(prep) => {
            let saved = if function.saves_output() {
                vec![output.clone()]
            } else {
                inputs
            };
            prep.finish(saved, output)
        }
        OpsKind::UnTracked(prep) => prep.finish(output),
    }
}

/// The backward step of a function.
#[derive(Debug)]
struct Differentiated {
    function: Function,
}

impl<B: Gradient, const N: usize> Backward<B, N> for Differentiated {
    type State = Vec<FloatTensor<B>>;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad_output = grads.consume::<B>(&ops.node);
        let nodes: Vec<_> = ops
            .parents
            .iter()
            .enumerate()
            .filter_map(|(input, node)| Some((input, node.as_ref()?)))
            .collect();
        let of = nodes.iter().map(|(input, _)| *input).collect();
        let gradients = B::gradients(ops.state.into(), grad_output, self.function, of);
        for ((_, node), gradient) in nodes.iter().zip(Vec::from(gradients)) {
            grads.register::<B>(node.id, gradient);
        }
    }
}

//! Slices and tensors to which no gradient can be added.

use wgpu_activations::{
    Activation, AxisFunction, AxisOutputs, AxisSaved, AxisShape, CrossEntropy, Dtype, Error,
    Expression, Glu, GluLayout, LearnedParam, LossInput, Operands, Slice, SliceValue, SplitLayout,
    TrainingMode,
};

use crate::support::{gpu, gpu_with, refusal, storage, upload};

const RELU: Activation = Activation::Relu;
const PRELU: Activation = Activation::PRELU;
const SOFTMAX: AxisFunction = AxisFunction::SOFTMAX;

/// All arguments but gradients refuse slices that are marked.
#[test]
fn slices() -> Result<(), Box<dyn std::error::Error>> {
    let buffers = [(); 5].map(|()| storage(64));
    let [a, b, c, d, e] = buffers.each_ref().map(Slice::from);
    let (marked, kernels) = (e.accumulate(), gpu().kernels());
    let shape = AxisShape::new(2, 8, 1);
    let is_refused = |result: Result<_, Error>, argument: &str| {
        let refused = refusal(result);
        let message = "the slice is marked by Slice::accumulate, but only a gradient accumulates, \
                       and not one in place";
        assert_eq!(refused, format!("{argument}: {message}"));
    };
    is_refused(kernels.forward(RELU, a, marked), "output");
    is_refused(kernels.forward(RELU, marked, a), "x");
    is_refused(kernels.forward_in_place(RELU, marked), "x");
    let training = TrainingMode::default();
    is_refused(
        kernels.forward_training(RELU, training, a, marked),
        "output",
    );
    is_refused(kernels.backward(RELU, marked, a, b), "x");
    is_refused(kernels.backward(RELU, a, marked, b), "grad_output");
    is_refused(kernels.backward_in_place(RELU, a, marked), "grad");
    let weight = LearnedParam::per_channel(marked, 1);
    is_refused(kernels.backward(PRELU, (a, weight), b, c), "weight");
    is_refused(kernels.double_backward(RELU, a, b, marked, c, d), "tangent");
    is_refused(kernels.glu(Glu::REGLU, a, b, marked), "output");
    is_refused(kernels.glu_backward(Glu::REGLU, a, marked, b, c, d), "gate");
    let split = SplitLayout::new(8, 1, GluLayout::ValueGate);
    let half = Slice::new(marked.buffer, 0, 32).accumulate();
    is_refused(kernels.glu_split(Glu::REGLU, split, a, half), "output");
    is_refused(kernels.forward_axis(SOFTMAX, shape, a, marked), "output");
    let rows = Slice::new(marked.buffer, 0, 8).accumulate();
    let outputs = AxisOutputs::new(b).logsumexp(rows);
    is_refused(
        kernels.forward_axis(SOFTMAX, shape, a, outputs),
        "logsumexp",
    );
    is_refused(kernels.forward_axis(SOFTMAX, shape, (a, marked), b), "mask");
    is_refused(kernels.backward_axis(SOFTMAX, shape, marked, a, b), "y");
    let saved = AxisSaved::new(a).softcap(1.0, marked);
    is_refused(kernels.backward_axis(SOFTMAX, shape, saved, b, c), "x");
    let targets = Slice::new(b.buffer, 0, 8);
    let (function, input) = (CrossEntropy::default(), LossInput::new(a, targets));
    let loss = Slice::new(marked.buffer, 0, 4).accumulate();
    is_refused(kernels.cross_entropy(function, shape, input, loss), "loss");
    let in_place = LossInput::new(marked, targets);
    let loss = Slice::new(c.buffer, 0, 4);
    is_refused(
        kernels.cross_entropy_in_place(function, shape, in_place, loss),
        "logits",
    );
    let fused = "x + 1".parse::<Expression>()?.fuse();
    let of = |slice| [("x", SliceValue::Tensor(slice, &[16]))];
    is_refused(kernels.evaluate(&fused, &of(a), None, &[marked]), "output");
    is_refused(kernels.evaluate(&fused, &of(marked), None, &[a]), "x");
    Ok(())
}

/// A sum with an argument of the call would depend on the order of threads.
#[test]
fn overlaps() -> Result<(), Box<dyn std::error::Error>> {
    let buffers = [(); 3].map(|()| storage(64));
    let [a, b, c] = buffers.each_ref().map(Slice::from);
    let kernels = gpu().kernels();
    let overlap = "grad_x: it overlaps";
    let into = b.accumulate();
    assert!(refusal(kernels.backward(RELU, a, b, into)).contains(overlap));
    let refused = refusal(kernels.glu_backward(Glu::REGLU, a, b, a, c.accumulate(), c));
    assert!(refused.contains("grad_value: it overlaps"), "{refused}");
    // Alone, a gradient may take the place of a tensor. A sum may not.
    let fused = "x * x".parse::<Expression>()?.fuse_gradients(["x"])?;
    let operands = [
        ("x", SliceValue::Tensor(a, &[16])),
        ("grad_output", SliceValue::Tensor(b, &[16])),
    ];
    drop(kernels.evaluate(&fused, &operands, None, &[b])?);
    let refused = refusal(kernels.evaluate(&fused, &operands, None, &[into]));
    assert!(refused.contains(overlap), "{refused}");
    Ok(())
}

#[test]
fn tensors() -> Result<(), Box<dyn std::error::Error>> {
    let (gpu, other) = (gpu(), gpu_with(Default::default()));
    let (x, grad) = (upload(&[1.0, 2.0])?, upload(&[1.0, 1.0])?);
    let refused = |into: &_| refusal(gpu.accumulate([into]).backward(RELU, &x, &grad));
    assert_eq!(
        refused(&upload(&[1.0])?),
        "grad_x: the shape is [1], but it must be [2]"
    );
    assert_eq!(
        refused(&gpu.to_dtype(&x, Dtype::F16)?),
        "grad_x: the elements are f16, but must be f32"
    );
    let [x16, grad16] = [&x, &grad].map(|tensor| gpu.to_dtype(tensor, Dtype::Bf16));
    let into = gpu.to_dtype(&x, Dtype::F16)?;
    let refused16 = gpu.accumulate([&into]).backward(RELU, &x16?, &grad16?);
    assert_eq!(
        refusal(refused16),
        "grad_x: the elements are f16, but must be bf16 or f32"
    );
    assert_eq!(
        refused(&other.upload(&[1.0, 2.0], [2])?),
        "grad_x: the tensor was made by another Gpu"
    );
    assert!(refused(&x).contains("grad_x: it overlaps"));
    assert!(refused(&grad).contains("grad_x: it overlaps"));
    let value = upload(&[0.0, 0.0])?;
    let twice = gpu.accumulate([&value, &value]);
    let twice = refusal(twice.glu_backward(Glu::REGLU, &x, &x, &grad));
    assert!(twice.contains("grad_value: it overlaps"), "{twice}");

    // The gradient is `grad_output` itself, which must keep its values.
    let sum: Expression = "x + y".parse()?;
    let operands = [("x", &x), ("y", &x)];
    let [shared] = gpu.gradients(&sum, operands, &grad, ["x"])?;
    assert_eq!(
        refused(&shared),
        "grad_x: the tensor shares its memory with another one, such as the grad_output that it \
         is, which would change, too: to_dtype makes a copy"
    );
    drop(grad);
    let grad = upload(&[3.0, 4.0])?;
    gpu.accumulate([&shared])
        .gradients(&sum, operands, &grad, ["x"])?;
    assert_eq!(gpu.read_blocking(&shared)?, [4.0, 5.0]);

    let (gradients, result) = (sum.fuse_gradients(["x", "y"])?, sum.fuse());
    let all = Operands::from([("x", &x), ("y", &x), ("grad_output", &grad)]);
    assert_eq!(
        refusal(gpu.accumulate([&shared]).run(&gradients, &all)),
        "gradients: there must be 2, one for each output, got 1"
    );
    let operands = Operands::from(operands);
    let refused = refusal(gpu.accumulate([&shared]).run(&result, &operands));
    assert!(refused.starts_with("output: the slice is marked by Slice::accumulate"));

    // Nothing is added before all tensors are checked.
    let [sink, of_row] = [1, 2].map(|count| upload(&vec![0.0; count]));
    let (sink, of_row) = (sink?, of_row?);
    let x = gpu.upload(&[0.5, 0.5, 0.5, 0.5], [2, 2])?;
    let of_sink = gpu.upload(&[0.5, 0.5], [2, 1])?;
    let saved = AxisSaved::new(&x).sink(&of_sink);
    let into = gpu.upload(&[1.0; 4], [2, 2])?;
    let both = gpu.accumulate([&into, &of_row]);
    assert_eq!(
        refusal(both.backward_axis_with_sink(SOFTMAX, -1, saved, &x, &sink)),
        "grad_sink: the shape is [2], but it must be [1]"
    );
    assert_eq!(gpu.read_blocking(&into)?, [1.0; 4]);
    Ok(())
}

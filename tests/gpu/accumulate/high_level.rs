//! `gpu.accumulate`: tensors to which the methods of a `Gpu` add.

use wgpu_activations::{
    Activation, AxisExtras, AxisFunction, AxisInput, AxisSaved, CrossEntropy, Dtype, Error,
    Expression, Glu, GluLayout, Gpu, LossInput, LossReduction, Operands, Tensor, TrainingMode,
};

use super::{DTYPES, assert_sums, before};
use crate::common::Random;
use crate::support::{DOWNLEVEL_BUFFERS, gpu, gpu_with, read, small_buffers, tiny};

const TRAINING: TrainingMode = TrainingMode {
    seed: 3,
    offset: 8,
    dropout: 0.25,
};

/// Adds gradients to tensors that have values, twice, and compares the sums with the gradients by
/// themselves.
fn adds<const N: usize>(
    gpu: &Gpu,
    name: &str,
    alone: [Tensor; N],
    add: impl Fn([&Tensor; N]) -> Result<(), Error>,
) -> Result<(), Error> {
    let had = alone.each_ref().map(|of| before(of.dtype(), of.len()));
    let into = [0, 1].map(|_| {
        std::array::from_fn(|k| {
            let of: &Tensor = &alone[k];
            let values = gpu.upload(&had[k], of.shape()).expect("a tensor");
            gpu.to_dtype(&values, of.dtype()).expect("a copy")
        })
    });
    for into in &into {
        let into: &[Tensor; N] = into;
        add(into.each_ref())?;
    }
    for k in 0..N {
        let [first, second] = gpu.read_blocking([&into[0][k], &into[1][k]])?;
        let gradient = gpu.read_blocking(&alone[k])?;
        let (name, dtype) = (format!("{name}, {k}"), alone[k].dtype());
        assert_sums(&name, dtype, &first, &had[k], &gradient);
        assert_sums(&name, dtype, &second, &had[k], &gradient);
    }
    Ok(())
}

/// The tensors of the calls.
struct Inputs {
    x: Tensor,
    grad: Tensor,
    tangent: Tensor,
    /// Half of the rows.
    half: Tensor,
    weight: Tensor,
    one: Tensor,
    column: Tensor,
}

impl Inputs {
    fn new(gpu: &Gpu, rows: usize, columns: usize) -> Result<Self, Error> {
        let mut random = Random(71);
        let mut upload = |shape: [usize; 2]| {
            let values = random.vector(shape.iter().product());
            gpu.upload(&values, shape)
        };
        Ok(Self {
            x: upload([rows, columns])?,
            grad: upload([rows, columns])?,
            tangent: upload([rows, columns])?,
            half: upload([rows / 2, columns])?,
            weight: upload([1, columns])?,
            one: upload([1, 1])?,
            column: upload([rows, 1])?,
        })
    }

    /// Those of the expression.
    fn operands(&self) -> [(&'static str, &Tensor); 5] {
        [
            ("x", &self.x),
            ("scale", &self.column),
            ("bias", &self.weight),
            ("gate", &self.one),
            ("rest", &self.tangent),
        ]
    }

    fn with_grad_output(&self) -> Operands<'_> {
        let grad = [("grad_output", &self.grad)];
        self.operands().into_iter().chain(grad).collect()
    }

    /// The same in another type.
    fn to_dtype(&self, gpu: &Gpu, dtype: Dtype) -> Result<Self, Error> {
        let to = |tensor| gpu.to_dtype(tensor, dtype);
        Ok(Self {
            x: to(&self.x)?,
            grad: to(&self.grad)?,
            tangent: to(&self.tangent)?,
            half: to(&self.half)?,
            weight: to(&self.weight)?,
            one: to(&self.one)?,
            column: to(&self.column)?,
        })
    }
}

/// Adds the gradients of each method, computed from tensors of this type, to tensors of f32.
fn adds_each(
    gpu: &Gpu,
    rows: usize,
    columns: usize,
    dtype: Dtype,
) -> Result<(), Box<dyn std::error::Error>> {
    let given = &Inputs::new(gpu, rows, columns)?.to_dtype(gpu, dtype)?;
    // The same numbers.
    let wide = &given.to_dtype(gpu, Dtype::F32)?;
    let (gelu, tanh, prelu) = (Activation::Gelu, Activation::Tanh, Activation::PRELU);
    let swiglu = Glu::SWIGLU;
    let alone = gpu.backward(gelu, &wide.x, &wide.grad)?;
    adds(gpu, "backward", [alone], |into| {
        let into = gpu.accumulate(into);
        into.backward(gelu, &given.x, &given.grad)
    })?;
    let alone = gpu.backward_from_output(tanh, &wide.x, &wide.grad)?;
    adds(gpu, "backward_from_output", [alone], |into| {
        let into = gpu.accumulate(into);
        into.backward_from_output(tanh, &given.x, &given.grad)
    })?;
    let alone = gpu.backward_training(gelu, TRAINING, &wide.x, &wide.grad)?;
    adds(gpu, "backward_training", [alone], |into| {
        let into = gpu.accumulate(into);
        into.backward_training(gelu, TRAINING, &given.x, &given.grad)
    })?;
    for (of_wide, of_given) in [
        (&wide.weight, &given.weight),
        (&wide.one, &given.one),
        (&wide.tangent, &given.tangent),
    ] {
        let alone = gpu.backward_parameter(prelu, "weight", (&wide.x, of_wide), &wide.grad)?;
        adds(gpu, "backward_parameter", [alone], |into| {
            let into = gpu.accumulate(into);
            into.backward_parameter(prelu, "weight", (&given.x, of_given), &given.grad)
        })?;
    }
    let alone = gpu.double_backward(gelu, &wide.x, &wide.grad, &wide.tangent)?;
    adds(gpu, "double_backward", alone, |into| {
        let into = gpu.accumulate(into);
        into.double_backward(gelu, &given.x, &given.grad, &given.tangent)
    })?;
    let alone = gpu.glu_backward(swiglu, &wide.x, &wide.tangent, &wide.grad)?;
    adds(gpu, "glu_backward", alone, |into| {
        let into = gpu.accumulate(into);
        into.glu_backward(swiglu, &given.x, &given.tangent, &given.grad)
    })?;
    if rows.is_multiple_of(2) {
        let layout = GluLayout::Interleaved;
        let alone = gpu.glu_split_backward(swiglu, 0, layout, &wide.x, &wide.half);
        // It is not taken where a buffer ends between values and gates.
        if let Ok(alone) = alone {
            adds(gpu, "glu_split_backward", [alone], |into| {
                let into = gpu.accumulate(into);
                into.glu_split_backward(swiglu, 0, layout, &given.x, &given.half)
            })?;
        }
    }
    for function in [
        AxisFunction::SOFTMAX,
        AxisFunction::LOG_SOFTMAX,
        AxisFunction::Entmax15,
    ] {
        adds_along_axis(gpu, function, wide, given)?;
    }
    // The loss of rows that are cut into blocks needs five bindings.
    let bindings = gpu.device().limits().max_storage_buffers_per_shader_stage;
    if bindings > DOWNLEVEL_BUFFERS || columns < 500 {
        adds_gradient_of_loss(gpu, &wide.x, &given.x)?;
    }
    let expression: Expression = "silu(x * scale + bias) * gate + rest".parse()?;
    let of = ["x", "scale", "bias", "gate", "rest"];
    let alone = gpu.gradients(&expression, wide.operands(), &wide.grad, of)?;
    adds(gpu, "gradients", alone, |into| {
        let into = gpu.accumulate(into);
        into.gradients(&expression, given.operands(), &given.grad, of)
    })?;
    let fused = expression.fuse_gradients(["bias", "x"])?;
    let alone = gpu.run(&fused, &wide.with_grad_output())?.try_into();
    let alone: [Tensor; 2] = alone.map_err(|_| "there are two")?;
    adds(gpu, "run", alone, |into| {
        gpu.accumulate(into).run(&fused, &given.with_grad_output())
    })?;
    Ok(())
}

/// Adds the gradients of a function along the last axis.
fn adds_along_axis(
    gpu: &Gpu,
    function: AxisFunction,
    wide: &Inputs,
    given: &Inputs,
) -> Result<(), Box<dyn std::error::Error>> {
    let y = &gpu.forward_axis(function, -1, &given.x)?;
    let wide_y = &gpu.to_dtype(y, Dtype::F32)?;
    let alone = gpu.backward_axis(function, -1, wide_y, &wide.grad)?;
    adds(gpu, "backward_axis", [alone], |into| {
        let into = gpu.accumulate(into);
        into.backward_axis(function, -1, y, &given.grad)
    })?;
    if !function.info().has_double_backward() {
        return Ok(());
    }
    let alone = gpu.double_backward_axis(function, -1, wide_y, &wide.grad, &wide.tangent)?;
    adds(gpu, "double_backward_axis", alone, |into| {
        let into = gpu.accumulate(into);
        into.double_backward_axis(function, -1, y, &given.grad, &given.tangent)
    })?;
    for (wide_sink, sink) in [(&wide.one, &given.one), (&wide.column, &given.column)] {
        let input = AxisInput::new(&given.x).sink(sink);
        let extras = AxisExtras {
            sink: true,
            ..AxisExtras::default()
        };
        let results = gpu.forward_axis_with(function, -1, input, extras)?;
        let of_sink = results.sink.ok_or("was asked for")?;
        let wide_y = gpu.to_dtype(&results.y, Dtype::F32)?;
        let wide_of_sink = gpu.to_dtype(&of_sink, Dtype::F32)?;
        let saved = AxisSaved::new(&wide_y).sink(&wide_of_sink);
        // A sink of several rows is summed, which takes one buffer.
        let alone = gpu.backward_axis_with_sink(function, -1, saved, &wide.grad, wide_sink)?;
        let saved = AxisSaved::new(&results.y).sink(&of_sink);
        adds(gpu, "backward_axis_with_sink", alone, |into| {
            let into = gpu.accumulate(into);
            into.backward_axis_with_sink(function, -1, saved, &given.grad, sink)
        })?;
    }
    Ok(())
}

/// Adds the gradient of the loss of each row.
fn adds_gradient_of_loss(gpu: &Gpu, wide: &Tensor, given: &Tensor) -> Result<(), Error> {
    let [rows, columns] = [given.shape()[0], given.shape()[1]];
    let classes: Vec<_> = (0..rows).map(|row| row % columns).collect();
    let targets = gpu.upload_targets(&classes, [rows])?;
    let function = CrossEntropy {
        reduction: LossReduction::None,
        ..CrossEntropy::default()
    };
    let input = LossInput::new(wide, &targets);
    let [loss, alone] = gpu.cross_entropy_with_gradient(function, -1, input)?;
    let input = LossInput::new(given, &targets);
    adds(gpu, "cross_entropy", [alone], |into| {
        let into = gpu.accumulate(into);
        let again = into.cross_entropy_with_gradient(function, -1, input)?;
        let [loss, again] = gpu.read_blocking([&loss, &again])?;
        assert_eq!(loss, again);
        Ok(())
    })
}

#[test]
fn each_method() -> Result<(), Box<dyn std::error::Error>> {
    for (rows, columns) in [(2, 3), (6, 64), (5, 1000)] {
        for dtype in DTYPES {
            adds_each(gpu(), rows, columns, dtype)?;
        }
    }
    Ok(())
}

/// Dispatches of few elements, so that each call takes many, with few bindings and with more.
#[test]
fn tiny_limits() -> Result<(), Box<dyn std::error::Error>> {
    for bindings in [DOWNLEVEL_BUFFERS, 8] {
        let gpu = tiny(bindings);
        for (rows, columns) in [(6, 7), (40, 64), (2, 900)] {
            adds_each(&gpu, rows, columns, Dtype::F32)?;
        }
    }
    Ok(())
}

/// Tensors that lie in several buffers.
#[test]
fn several_buffers() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = gpu_with(small_buffers());
    adds_each(&gpu, 40, 1000, Dtype::Bf16)
}

/// These gradients are exact in all types.
#[test]
fn types() -> Result<(), Error> {
    let (gpu, relu) = (gpu(), Activation::Relu);
    for dtype in DTYPES {
        for count in [1, 63, 64, 4099] {
            let upload = |step: usize, scale: f32| {
                let values = (0..count).map(|i| ((i % step) as f32 - 2.0) * scale);
                let values = gpu.upload(&values.collect::<Vec<_>>(), [count])?;
                gpu.to_dtype(&values, dtype)
            };
            let (x, gate, grad) = (upload(5, 1.0)?, upload(3, 1.0)?, upload(7, 0.5)?);
            adds(gpu, "relu", [gpu.backward(relu, &x, &grad)?], |into| {
                gpu.accumulate(into).backward(relu, &x, &grad)
            })?;
            let alone = gpu.glu_backward(Glu::REGLU, &x, &gate, &grad)?;
            adds(gpu, "reglu", alone, |into| {
                let into = gpu.accumulate(into);
                into.glu_backward(Glu::REGLU, &x, &gate, &grad)
            })?;
            let hardmax = AxisFunction::Crelu;
            let twice = gpu.forward_axis(hardmax, 0, &grad)?;
            let alone = gpu.backward_axis(hardmax, 0, &x, &twice)?;
            adds(gpu, "crelu", [alone], |into| {
                gpu.accumulate(into).backward_axis(hardmax, 0, &x, &twice)
            })?;
        }
    }
    Ok(())
}

/// The gradients of two micro-batches are those of the whole batch, bit for bit: sums of whole
/// numbers are exact.
#[test]
fn micro_batches() -> Result<(), Box<dyn std::error::Error>> {
    let (gpu, columns) = (gpu(), 96);
    let values = |rows: usize, step: usize| -> Vec<f32> {
        let value = |i: usize| ((i * 7) % step) as f32 - 3.0;
        (0..rows * columns).map(value).collect()
    };
    let prelu = Activation::Prelu { weight: 0.25 };
    let expression: Expression = "relu(x * scale + bias) * gate".parse()?;
    let of = ["scale", "bias", "gate"];
    for (rows, first) in [(2, 1), (37, 12), (600, 256)] {
        let (x, grad) = (values(rows, 11), values(rows, 7));
        let weight = gpu.upload(&values(1, 5), [columns])?;
        let gate = gpu.upload(&[2.0], [1])?;
        let zeros = |of: &Tensor| gpu.upload(&vec![0.0; of.len()], of.shape());
        let (of_weight, of_scale) = (zeros(&weight)?, zeros(&weight)?);
        let (of_bias, of_gate) = (zeros(&weight)?, zeros(&gate)?);
        let batch = |range: std::ops::Range<usize>| {
            let shape = [range.len(), columns];
            let elements = range.start * columns..range.end * columns;
            let upload = |values: &[f32]| gpu.upload(&values[elements.clone()], shape);
            Ok::<_, Error>((upload(&x)?, upload(&grad)?))
        };
        for range in [0..first, first..rows] {
            let (x, grad) = batch(range)?;
            let into = gpu.accumulate([&of_weight]);
            into.backward_parameter(prelu, "weight", (&x, &weight), &grad)?;
            let operands = [
                ("x", &x),
                ("scale", &weight),
                ("bias", &weight),
                ("gate", &gate),
            ];
            let into = gpu.accumulate([&of_scale, &of_bias, &of_gate]);
            into.gradients(&expression, operands, &grad, of)?;
        }
        let (x, grad) = batch(0..rows)?;
        let whole = gpu.backward_parameter(prelu, "weight", (&x, &weight), &grad)?;
        assert_eq!(read(&of_weight), read(&whole), "{rows} rows");
        let operands = [
            ("x", &x),
            ("scale", &weight),
            ("bias", &weight),
            ("gate", &gate),
        ];
        let whole = gpu.gradients(&expression, operands, &grad, of)?;
        for (whole, added) in whole.iter().zip([&of_scale, &of_bias, &of_gate]) {
            assert!(read(whole).iter().any(|&value| value != 0.0));
            assert_eq!(read(added), read(whole), "{rows} rows");
        }
    }
    Ok(())
}

/// More tensors than a kernel binds, so that there are two steps, or a kernel for each gradient.
#[test]
fn many_operands() -> Result<(), Box<dyn std::error::Error>> {
    let (gpu, mut random) = (gpu(), Random(72));
    let names: Vec<_> = (0..14).map(|k| format!("x{k}")).collect();
    let expression: Expression = names.join(" * ").parse()?;
    let tensors = names
        .iter()
        .map(|_| gpu.upload(&random.vector(130), [2, 65]));
    let tensors = tensors.collect::<Result<Vec<_>, _>>()?;
    let all = names.iter().map(String::as_str).zip(&tensors);
    let all = || all.clone().collect::<Operands<'_>>();
    let grad = gpu.upload(&random.vector(130), [2, 65])?;
    for of in [["x0", "x13"], ["x5", "x6"]] {
        let alone = gpu.gradients(&expression, all(), &grad, of)?;
        adds(gpu, "of fourteen", alone, |into| {
            let into = gpu.accumulate(into);
            into.gradients(&expression, all(), &grad, of)
        })?;
        let [one, _] = of;
        let alone = gpu.gradients(&expression, all(), &grad, [one])?;
        adds(gpu, "one of fourteen", alone, |into| {
            let into = gpu.accumulate(into);
            into.gradients(&expression, all(), &grad, [one])
        })?;
    }
    Ok(())
}

/// A tensor that is used twice: the gradient is the sum of both uses', and NaN and infinities are
/// those of the sum.
#[test]
fn a_tensor_that_is_used_twice() -> Result<(), Error> {
    let gpu = gpu();
    let infinity = f32::INFINITY;
    let x = gpu.upload(&[1.0, 2.0, 3.0, -4.0], [4])?;
    let grad = gpu.upload(&[infinity, infinity, f32::NAN, infinity], [4])?;
    let other = gpu.upload(&[-infinity, 1.0, 1.0, -infinity], [4])?;
    let relu = Activation::Relu;
    let grad_x = gpu.backward(relu, &x, &grad)?;
    gpu.accumulate([&grad_x]).backward(relu, &x, &other)?;
    let got = read(&grad_x);
    assert!(got[0].is_nan() && got[1] == infinity && got[2].is_nan() && got[3] == 0.0);
    assert_eq!(grad_x.dtype(), Dtype::F32);
    Ok(())
}

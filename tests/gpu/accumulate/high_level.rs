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

/// Adds the gradients of each method.
fn adds_each(gpu: &Gpu, rows: usize, columns: usize) -> Result<(), Box<dyn std::error::Error>> {
    let (mut random, shape) = (Random(71), [rows, columns]);
    let mut upload = |shape: &[usize]| {
        let values = random.vector(shape.iter().product());
        gpu.upload(&values, shape)
    };
    let (x, grad, tangent) = (upload(&shape)?, upload(&shape)?, upload(&shape)?);
    let (weight, one, column) = (upload(&[columns])?, upload(&[1])?, upload(&[rows, 1])?);
    let (gelu, prelu, swiglu) = (Activation::Gelu, Activation::PRELU, Glu::SWIGLU);
    adds(gpu, "backward", [gpu.backward(gelu, &x, &grad)?], |into| {
        gpu.accumulate(into).backward(gelu, &x, &grad)
    })?;
    let alone = gpu.backward_from_output(Activation::Tanh, &x, &grad)?;
    adds(gpu, "backward_from_output", [alone], |into| {
        let into = gpu.accumulate(into);
        into.backward_from_output(Activation::Tanh, &x, &grad)
    })?;
    let alone = gpu.backward_training(gelu, TRAINING, &x, &grad)?;
    adds(gpu, "backward_training", [alone], |into| {
        let into = gpu.accumulate(into);
        into.backward_training(gelu, TRAINING, &x, &grad)
    })?;
    for weight in [&weight, &one, &tangent] {
        let inputs = (&x, weight);
        let alone = gpu.backward_parameter(prelu, "weight", inputs, &grad)?;
        adds(gpu, "backward_parameter", [alone], |into| {
            let into = gpu.accumulate(into);
            into.backward_parameter(prelu, "weight", inputs, &grad)
        })?;
    }
    let alone = gpu.double_backward(gelu, &x, &grad, &tangent)?;
    adds(gpu, "double_backward", alone, |into| {
        let into = gpu.accumulate(into);
        into.double_backward(gelu, &x, &grad, &tangent)
    })?;
    let alone = gpu.glu_backward(swiglu, &x, &tangent, &grad)?;
    adds(gpu, "glu_backward", alone, |into| {
        let into = gpu.accumulate(into);
        into.glu_backward(swiglu, &x, &tangent, &grad)
    })?;
    if rows.is_multiple_of(2) {
        let half = upload(&[rows / 2, columns])?;
        let layout = GluLayout::Interleaved;
        let alone = gpu.glu_split_backward(swiglu, 0, layout, &x, &half);
        // It is not taken where a buffer ends between values and gates.
        if let Ok(alone) = alone {
            adds(gpu, "glu_split_backward", [alone], |into| {
                let into = gpu.accumulate(into);
                into.glu_split_backward(swiglu, 0, layout, &x, &half)
            })?;
        }
    }
    for function in [
        AxisFunction::SOFTMAX,
        AxisFunction::LOG_SOFTMAX,
        AxisFunction::Entmax15,
    ] {
        let y = gpu.forward_axis(function, -1, &x)?;
        let alone = gpu.backward_axis(function, -1, &y, &grad)?;
        adds(gpu, "backward_axis", [alone], |into| {
            gpu.accumulate(into).backward_axis(function, -1, &y, &grad)
        })?;
        if !function.info().has_double_backward() {
            continue;
        }
        let alone = gpu.double_backward_axis(function, -1, &y, &grad, &tangent)?;
        adds(gpu, "double_backward_axis", alone, |into| {
            let into = gpu.accumulate(into);
            into.double_backward_axis(function, -1, &y, &grad, &tangent)
        })?;
        for sink in [&one, &column] {
            let input = AxisInput::new(&x).sink(sink);
            let extras = AxisExtras {
                sink: true,
                ..AxisExtras::default()
            };
            let results = gpu.forward_axis_with(function, -1, input, extras)?;
            let of_sink = results.sink.ok_or("was asked for")?;
            let saved = AxisSaved::new(&results.y).sink(&of_sink);
            // A sink of several rows is summed, which takes one buffer.
            let alone = gpu.backward_axis_with_sink(function, -1, saved, &grad, sink)?;
            adds(gpu, "backward_axis_with_sink", alone, |into| {
                let into = gpu.accumulate(into);
                into.backward_axis_with_sink(function, -1, saved, &grad, sink)
            })?;
        }
    }
    // The loss of rows that are cut into blocks needs five bindings.
    let bindings = gpu.device().limits().max_storage_buffers_per_shader_stage;
    if bindings > DOWNLEVEL_BUFFERS || columns < 500 {
        adds_gradient_of_loss(gpu, &x)?;
    }
    let expression: Expression = "silu(x * scale + bias) * gate + rest".parse()?;
    let operands = [
        ("x", &x),
        ("scale", &column),
        ("bias", &weight),
        ("gate", &one),
        ("rest", &tangent),
    ];
    let of = ["x", "scale", "bias", "gate", "rest"];
    let alone = gpu.gradients(&expression, operands, &grad, of)?;
    adds(gpu, "gradients", alone, |into| {
        let into = gpu.accumulate(into);
        into.gradients(&expression, operands, &grad, of)
    })?;
    let fused = expression.fuse_gradients(["bias", "x"])?;
    let all = [&operands[..], &[("grad_output", &grad)]].concat();
    let all: Operands<'_> = all.into_iter().collect();
    let alone = gpu.run(&fused, &all)?.try_into();
    let alone: [Tensor; 2] = alone.map_err(|_| "there are two")?;
    adds(gpu, "run", alone, |into| {
        gpu.accumulate(into).run(&fused, &all)
    })?;
    Ok(())
}

/// Adds the gradient of the loss of each row.
fn adds_gradient_of_loss(gpu: &Gpu, x: &Tensor) -> Result<(), Error> {
    let [rows, columns] = [x.shape()[0], x.shape()[1]];
    let classes: Vec<_> = (0..rows).map(|row| row % columns).collect();
    let targets = gpu.upload_targets(&classes, [rows])?;
    let function = CrossEntropy {
        reduction: LossReduction::None,
        ..CrossEntropy::default()
    };
    let input = LossInput::new(x, &targets);
    let [loss, alone] = gpu.cross_entropy_with_gradient(function, -1, input)?;
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
        adds_each(gpu(), rows, columns)?;
    }
    Ok(())
}

/// Dispatches of few elements, so that each call takes many, with few bindings and with more.
#[test]
fn tiny_limits() -> Result<(), Box<dyn std::error::Error>> {
    for bindings in [DOWNLEVEL_BUFFERS, 8] {
        let gpu = tiny(bindings);
        for (rows, columns) in [(6, 7), (40, 64), (2, 900)] {
            adds_each(&gpu, rows, columns)?;
        }
    }
    Ok(())
}

/// Tensors that lie in several buffers.
#[test]
fn several_buffers() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = gpu_with(small_buffers());
    adds_each(&gpu, 40, 1000)
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

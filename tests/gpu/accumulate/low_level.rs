//! Slices of the caller's buffers, of any offset and length.

use wgpu_activations::{
    Activation, AxisFunction, AxisGradients, AxisSaved, AxisShape, CrossEntropy, Dtype, Error,
    Expression, Glu, GluLayout, LearnedParam, LossInput, LossReduction, Operation, Saved, Slice,
    SliceValue, SplitLayout, TrainingMode,
};

use super::{DTYPES, assert_sums, before};
use crate::common::Random;
use crate::support::{Guarded, gpu, packed, run};

/// The type of a gradient that is always f32.
const SUM: Option<Dtype> = Some(Dtype::F32);

/// Makes a call with gradients that have so many elements, alone and then added twice, into slices
/// that begin so many elements into their buffers.
fn adds(
    name: &str,
    gradients: &[(usize, Option<Dtype>)],
    offset: usize,
    call: impl Fn(&[Slice<'_>]) -> Result<Operation, Error>,
) -> Result<(), Error> {
    let alone = gradients
        .iter()
        .map(|&(count, _)| Guarded::empty(Dtype::F32, count, offset));
    let alone: Vec<_> = alone.collect();
    run(&call(
        &alone.iter().map(Guarded::slice).collect::<Vec<_>>(),
    )?);
    let alone: Vec<_> = alone.iter().map(Guarded::values).collect();
    for dtype in DTYPES {
        let of = |own: Option<Dtype>| own.unwrap_or(dtype);
        let mut had: Vec<_> = gradients
            .iter()
            .map(|&(count, own)| before(of(own), count))
            .collect();
        let into = gradients.iter().zip(&had);
        let into: Vec<_> = into
            .map(|(&(_, own), had)| match of(own) {
                Dtype::F32 => Guarded::new(had, offset),
                half => Guarded::packed16(half, &packed(half, had), offset),
            })
            .collect();
        let slices = into.iter().map(|guarded| guarded.slice().accumulate());
        let operation = call(&slices.collect::<Vec<_>>())?;
        for _ in 0..2 {
            run(&operation);
            for (k, into) in into.iter().enumerate() {
                let (got, name) = (into.values(), format!("{name} {k} at {offset}"));
                assert_sums(&name, of(gradients[k].1), &got, &had[k], &alone[k]);
                had[k] = got;
            }
        }
    }
    Ok(())
}

const TRAINING: TrainingMode = TrainingMode {
    seed: 3,
    offset: 8,
    dropout: 0.25,
};

/// Vectors, elements, and both; with words that hold one element of the slice.
const COUNTS: [usize; 6] = [1, 2, 7, 64, 1000, 33_000];

fn vectors<const N: usize>(random: &mut Random, count: usize, offset: usize) -> [Guarded; N] {
    std::array::from_fn(|_| Guarded::new(&random.vector(count), offset))
}

#[test]
fn element_by_element() -> Result<(), Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(61));
    let (gelu, prelu) = (Activation::Gelu, Activation::PRELU);
    for count in COUNTS {
        for offset in [0, 1, 3, 64] {
            let [x, grad, tangent] = vectors(&mut random, count, offset);
            let [weight] = vectors(&mut random, 1, offset);
            let [x, grad, tangent, weight] = [&x, &grad, &tangent, &weight].map(Guarded::slice);
            let one = [(count, None)];
            let name = format!("{count} elements");
            adds(&name, &one, offset, |to| {
                kernels.backward(gelu, x, grad, to[0])
            })?;
            adds(&format!("{name}, prelu"), &one, offset, |to| {
                kernels.backward(prelu, (x, LearnedParam::scalar(weight)), grad, to[0])
            })?;
            adds(&format!("{name}, from the output"), &one, offset, |to| {
                kernels.backward_from_output(Activation::Tanh, x, grad, to[0])
            })?;
            adds(&format!("{name}, training"), &one, offset, |to| {
                kernels.backward_training(gelu, TRAINING, x, grad, to[0])
            })?;
            let two = [(count, None); 2];
            adds(&format!("{name}, twice"), &two, offset, |to| {
                kernels.double_backward(gelu, x, grad, tangent, to[0], to[1])
            })?;
            adds(&format!("{name}, swiglu"), &two, offset, |to| {
                kernels.glu_backward(Glu::SWIGLU, x, tangent, grad, to[0], to[1])
            })?;
        }
    }
    Ok(())
}

/// All have 16 bits. These gradients are exact, and many sums lie between two numbers, of which the
/// even one is the nearest.
#[test]
fn only_16_bits() -> Result<(), Error> {
    let relu = Activation::Relu;
    for dtype in [Dtype::F16, Dtype::Bf16] {
        for count in COUNTS {
            for offset in [0, 1] {
                let x: Vec<_> = (0..count).map(|i| (i % 5) as f32 - 2.0).collect();
                let grad: Vec<_> = (0..count).map(|i| (i % 7) as f32 * 0.5).collect();
                let had = before(dtype, count);
                let guarded =
                    |values: &[f32]| Guarded::packed16(dtype, &packed(dtype, values), offset);
                let [of_x, of_grad, into] = [&x, &grad, &had].map(|values| guarded(values));
                let (kernels, to) = (gpu().kernels(), into.slice().accumulate());
                run(&kernels.backward(relu, of_x.slice(), of_grad.slice(), to)?);
                let alone = x.iter().zip(grad);
                let alone: Vec<_> = alone
                    .map(|(&x, grad)| if x > 0.0 { grad } else { 0.0 })
                    .collect();
                let name = format!("{count} elements at {offset}");
                assert_sums(&name, dtype, &into.values(), &had, &alone);
            }
        }
    }
    Ok(())
}

#[test]
fn split_units() -> Result<(), Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(62));
    for (outer, axis, inner) in [(3, 6, 1), (2, 128, 1), (5, 4, 7), (300, 64, 2)] {
        for layout in [
            GluLayout::ValueGate,
            GluLayout::GateValue,
            GluLayout::Interleaved,
        ] {
            let (count, split) = (outer * axis * inner, SplitLayout::new(axis, inner, layout));
            let count = count as usize;
            for offset in [0, 1] {
                let [x, grad] = vectors(&mut random, count, offset);
                let (x, grad) = (x.slice(), grad.slice());
                let grad = Slice::new(grad.buffer, grad.offset, grad.size / 2);
                let name = format!("{layout:?} of {:?}", (outer, axis, inner));
                adds(&name, &[(count, None)], offset, |to| {
                    kernels.glu_split_backward(Glu::GEGLU, split, x, grad, to[0])
                })?;
            }
        }
    }
    Ok(())
}

#[test]
fn parameters() -> Result<(), Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(63));
    let prelu = Activation::PRELU;
    for (count, channels, inner) in [
        (1, 1, 1),
        (60, 1, 1),
        (60, 3, 4),
        (60, 60, 1),
        (40_000, 1, 1),
        (64 * 1000, 1000, 1),
        (100 * 64 * 12, 64, 12),
        (0, 1, 1),
    ] {
        for offset in [0, 1] {
            let [x, grad] = vectors(&mut random, count, offset);
            let [weight] = vectors(&mut random, channels, offset);
            let [x, grad, weight] = [&x, &grad, &weight].map(Guarded::slice);
            let learned = LearnedParam::per_channel(weight, inner);
            let name = format!("{count} elements, {channels} channels of {inner}");
            adds(&name, &[(channels, SUM)], offset, |to| {
                kernels.backward_parameter(prelu, "weight", (x, learned), grad, to[0])
            })?;
        }
    }
    Ok(())
}

#[test]
fn along_an_axis() -> Result<(), Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(64));
    for [outer, length, inner] in [
        [3, 6, 1],
        [2, 4, 4],
        [3, 50, 1],
        [2, 50, 4],
        [2, 1000, 1],
        [1, 9002, 1],
    ] {
        let shape = AxisShape::new(outer, length, inner);
        let [count, rows] = [outer * length * inner, outer * inner].map(|count| count as usize);
        for (number, &function) in AxisFunction::ALL.iter().enumerate() {
            let grads = match function {
                AxisFunction::Crelu => 2 * count,
                AxisFunction::Logsumexp => rows,
                AxisFunction::Maxout { groups } => count / groups as usize,
                _ => count,
            };
            if let AxisFunction::Maxout { groups } = function
                && !length.is_multiple_of(groups.into())
            {
                continue;
            }
            let offset = [0, 1, 2, 3, 64][number % 5];
            let [x, tangent] = vectors(&mut random, count, offset);
            let ([grad], [y]) = (
                vectors(&mut random, grads, offset),
                vectors(&mut random, grads, 0),
            );
            let [x, tangent, grad, y] = [&x, &tangent, &grad, &y].map(Guarded::slice);
            run(&kernels.forward_axis(function, shape, x, y)?);
            let saved = match function.info().saved {
                Saved::Input => x,
                _ => y,
            };
            let name = format!("{function} along {shape:?}");
            adds(&name, &[(count, None)], offset, |to| {
                kernels.backward_axis(function, shape, saved, grad, to[0])
            })?;
            if function.info().has_double_backward() {
                let two = [(count, None); 2];
                adds(&format!("{name}, twice"), &two, offset, |to| {
                    kernels.double_backward_axis(function, shape, y, grad, tangent, to[0], to[1])
                })?;
                let [of_sink] = vectors(&mut random, rows, 0);
                let saved = AxisSaved::new(y).sink(of_sink.slice()).dropout(TRAINING);
                let two = [(count, None), (rows, SUM)];
                adds(&format!("{name}, sink"), &two, offset, |to| {
                    let gradients = AxisGradients::new(to[0]).sink(to[1]);
                    kernels.backward_axis(function, shape, saved, grad, gradients)
                })?;
            }
        }
    }
    Ok(())
}

#[test]
fn losses() -> Result<(), Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(65));
    for (rows, classes) in [(1, 2), (5, 7), (8, 40), (3, 5000)] {
        let shape = AxisShape::new(rows, classes, 1);
        let targets: Vec<_> = (0..rows).map(|row| (row % classes) as u32).collect();
        let targets: Vec<_> = targets.into_iter().map(f32::from_bits).collect();
        let targets = Guarded::new(&targets, 0);
        for reduction in [LossReduction::Mean, LossReduction::None] {
            let function = CrossEntropy {
                reduction,
                ..CrossEntropy::default()
            };
            let [logits] = vectors(&mut random, (rows * classes) as usize, 1);
            let losses = match reduction {
                LossReduction::None => rows as usize,
                _ => 1,
            };
            let loss = Guarded::empty(Dtype::F32, losses, 1);
            let input = LossInput::new(logits.slice(), targets.slice());
            let name = format!("{rows} rows of {classes}");
            let gradient = [((rows * classes) as usize, None)];
            adds(&name, &gradient, 1, |to| {
                kernels.cross_entropy_with_gradient(function, shape, input, loss.slice(), to[0])
            })?;
        }
    }
    Ok(())
}

#[test]
fn expressions() -> Result<(), Box<dyn std::error::Error>> {
    let mut random = Random(66);
    let texts = [
        "gelu(x * scale + bias) * gate",
        "x * bias + gate",
        "dropout(silu(x), p=0.25) * scale + gate / bias",
    ];
    for (rows, columns) in [(1, 1), (6, 7), (33, 64), (200, 512), (1000, 64), (3, 5000)] {
        let (count, whole) = (rows * columns, [rows as u64, columns as u64]);
        let (row, column, one) = ([columns as u64], [rows as u64, 1], [1]);
        for offset in [0, 1] {
            let [x, gate, grad] = vectors(&mut random, count, offset);
            let [bias] = vectors(&mut random, columns, offset);
            let [of_rows] = vectors(&mut random, rows, offset);
            let [number] = vectors(&mut random, 1, offset);
            let [x, gate, grad] = [&x, &gate, &grad].map(Guarded::slice);
            for (scale, of_scale) in [(&of_rows, &column[..]), (&number, &one[..])] {
                for text in texts {
                    let values = [
                        ("x", SliceValue::Tensor(x, &whole)),
                        ("scale", SliceValue::Tensor(scale.slice(), of_scale)),
                        ("bias", SliceValue::Tensor(bias.slice(), &row)),
                        ("gate", SliceValue::Tensor(gate, &whole)),
                        ("grad_output", SliceValue::Tensor(grad, &whole)),
                    ];
                    adds_gradients(text, &values, offset)?;
                }
            }
        }
    }
    Ok(())
}

/// Adds the gradients of all operands, which have a kernel in common, and that of x alone.
fn adds_gradients(
    text: &str,
    values: &[(&str, SliceValue<'_>)],
    offset: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let expression: Expression = text.parse()?;
    let elements = |name: &str| {
        let own = values.iter().find(|(own, _)| *own == name);
        own.map_or(0, |(_, value)| match value {
            SliceValue::Tensor(_, shape) => shape.iter().product::<u64>() as usize,
            _ => 1,
        })
    };
    let all = expression.operands();
    for of in [all, &all[..1]] {
        let fused = expression.fuse_gradients(of.iter().map(String::as_str))?;
        let is_own = |(name, _): &&(&str, _)| fused.operands().iter().any(|own| own == name);
        let operands: Vec<_> = values.iter().filter(is_own).copied().collect();
        let gradients = of.iter().map(|name| {
            let is_sum = elements(name) < elements("x");
            (elements(name), if is_sum { SUM } else { None })
        });
        let name = format!("{text}, {} elements, of {of:?}", elements("x"));
        adds(&name, &gradients.collect::<Vec<_>>(), offset, |to| {
            let kernels = gpu().kernels();
            kernels.evaluate(&fused, &operands, Some(TRAINING), to)
        })?;
    }
    Ok(())
}

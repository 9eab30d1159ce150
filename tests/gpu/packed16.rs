//! 16-bit elements: results are rounded as IEEE 754 has it, whatever the op, the offset and the
//! length. Nothing else is touched.

use wgpu_activations::half::{bf16, f16};
use wgpu_activations::{
    Activation, Dtype, Error, Glu, GluLayout, Kernels, LearnedParam, Slice, SplitLayout, Tensor,
    TensorArgs, TrainingMode,
};

use crate::common::Random;
use crate::support::{
    Guarded, Half, all, gpu, may_be_rounded, packed, read, refusal, rounded, run, storage, upload,
    widened,
};

/// Conversions from f32: of all numbers that are exact, of all ties and their neighbours, and of
/// bits of every kind.
fn rounding<T: Half>() -> Result<(), Error> {
    let mut x: Vec<f32> = all::<T>()
        .into_iter()
        .map(|half| half.value() as f32)
        .collect();
    let ties: Vec<f32> = x
        .windows(2)
        .map(|pair| (f64::from(pair[0]) / 2.0 + f64::from(pair[1]) / 2.0) as f32)
        .collect();
    x.extend(ties.into_iter().flat_map(|tie| {
        [-1, 0, 1].map(|step| f32::from_bits(tie.to_bits().wrapping_add_signed(step)))
    }));
    x.extend((0..=u32::MAX).step_by(4099).map(f32::from_bits));
    let tensor = gpu().upload(&x, [x.len()])?;
    let half = gpu().to_dtype(&tensor, T::DTYPE)?;
    let [got, back] = gpu().read_blocking([&half, &gpu().to_dtype(&half, Dtype::F32)?])?;
    for ((x, got), back) in x.into_iter().zip(got).zip(back) {
        let wanted = T::of_f32(x).value() as f32;
        // A device may flush a subnormal f32 to zero.
        let is_same = got.to_bits() == wanted.to_bits()
            || got.is_nan() && wanted.is_nan()
            || x.is_subnormal() && got == 0.0
            || wanted.is_subnormal() && got == 0.0 && x.abs() <= f32::MIN_POSITIVE;
        assert!(
            is_same,
            "{x:e} ({:#010x}): {got:e} instead of {wanted:e}",
            x.to_bits()
        );
        assert!(
            back.to_bits() == got.to_bits() || back.is_nan() && got.is_nan() || got.is_subnormal(),
            "{got:e} became {back:e}"
        );
    }
    Ok(())
}

#[test]
fn f32_to_f16() -> Result<(), Error> {
    rounding::<f16>()
}

#[test]
fn f32_to_bf16() -> Result<(), Error> {
    rounding::<bf16>()
}

/// The results of ops of every kind, as f32, of tensors of a type that hold the same numbers.
fn every_op(
    dtype: Dtype,
    values: &[Vec<f32>; 4],
    shape: [usize; 3],
) -> Result<Vec<Vec<f32>>, Error> {
    let gpu = gpu();
    let upload = |values: &[f32], shape: &[usize]| gpu.to_dtype(&gpu.upload(values, shape)?, dtype);
    let [x, grad, tangent] = [0, 1, 2].map(|k| upload(&values[k], &shape));
    let (x, grad, tangent, weight) = (x?, grad?, tangent?, upload(&values[3], &[shape[1]])?);
    let (silu, prelu) = (Activation::Silu, Activation::Prelu { weight: 0.25 });
    let training = TrainingMode {
        seed: 7,
        offset: 3,
        dropout: 0.3,
    };
    let [grad_x, grad_grad] = gpu.double_backward(Activation::Gelu, &x, &grad, &tangent)?;
    let [grad_value, grad_gate] = gpu.glu_backward(Glu::SWIGLU, &x, &grad, &tangent)?;
    let half_of_grad = upload(
        &values[1][..values[1].len() / 2],
        &[shape[0], shape[1], shape[2] / 2],
    )?;
    let results: [Tensor; 13] = [
        gpu.forward(silu, &x)?,
        gpu.backward(silu, &x, &grad)?,
        gpu.forward(prelu, (&x, &weight))?,
        gpu.backward(prelu, (&x, &weight), &grad)?,
        gpu.backward_parameter(prelu, "weight", (&x, &weight), &grad)?,
        gpu.forward_training(silu, training, &x)?,
        gpu.backward_training(silu, training, &x, &grad)?,
        grad_x,
        grad_grad,
        grad_value,
        grad_gate,
        gpu.glu_split(Glu::SWIGLU, -1, GluLayout::ValueGate, &x)?,
        gpu.glu_split_backward(Glu::SWIGLU, -1, GluLayout::Interleaved, &x, &half_of_grad)?,
    ];
    Ok(results.iter().map(read).collect())
}

/// Results are those of f32, rounded once and within the bound, but for the parameter's gradient,
/// which is f32.
#[test]
fn every_op_rounds_once() -> Result<(), Error> {
    const PARAMETER_GRADIENT: usize = 4;
    let mut random = Random(31);
    for shape in [[2, 3, 2], [1, 5, 6], [3, 4, 8], [5, 7, 10], [1, 1, 514]] {
        let elements = shape.iter().product();
        for dtype in [Dtype::F16, Dtype::Bf16] {
            let round = |value: f32| rounded(dtype, value);
            let mut inputs = [(); 4].map(|()| {
                random
                    .vector(elements)
                    .into_iter()
                    .map(round)
                    .collect::<Vec<_>>()
            });
            inputs[3].truncate(shape[1]);
            let got = every_op(dtype, &inputs, shape)?;
            let wanted = every_op(Dtype::F32, &inputs, shape)?;
            for (op, (got, wanted)) in got.into_iter().zip(wanted).enumerate() {
                let is_right = |(&got, &wanted): (&f32, &f32)| match dtype {
                    _ if op == PARAMETER_GRADIENT => got == wanted,
                    Dtype::F16 => may_be_rounded::<f16>(got, wanted),
                    _ => may_be_rounded::<bf16>(got, wanted),
                };
                assert!(
                    got.iter().zip(&wanted).all(is_right),
                    "op {op}, {shape:?} in {dtype}: {got:?} instead of {wanted:?}"
                );
            }
        }
    }
    Ok(())
}

/// Inputs may be f16 and outputs f32, and the other way round.
#[test]
fn types_can_differ() -> Result<(), Error> {
    let x: Vec<f16> = Random(32)
        .vector(1003)
        .into_iter()
        .map(f16::from_f32)
        .collect();
    let wide: Vec<f32> = x.iter().map(|x| x.to_f32()).collect();
    let (x, wide) = (gpu().upload(&x, [1003])?, gpu().upload(&wide, [1003])?);
    let mixed = gpu().forward(
        Activation::Mish,
        TensorArgs::from(&x).output_dtype(Dtype::F32),
    )?;
    let narrowed = gpu().backward(
        Activation::Mish,
        TensorArgs::from(&wide).output_dtype(Dtype::F16),
        &x,
    )?;
    let [mixed, wanted, narrowed, wide] = gpu().read_blocking([
        &mixed,
        &gpu().forward(Activation::Mish, &wide)?,
        &narrowed,
        &gpu().backward(Activation::Mish, &wide, &wide)?,
    ])?;
    assert_eq!(mixed, wanted);
    assert_eq!(
        narrowed,
        wide.into_iter()
            .map(|value| f16::from_f32(value).to_f32())
            .collect::<Vec<_>>()
    );
    Ok(())
}

/// Random numbers of f16, by their bits.
fn random_bits(random: &mut Random, length: usize) -> Vec<u16> {
    packed(Dtype::F16, &random.vector(length))
}

/// A slice of f16.
fn guarded(bits: &[u16], offset: usize) -> Guarded {
    Guarded::packed16(Dtype::F16, bits, offset)
}

fn empty(length: usize, offset: usize) -> Guarded {
    Guarded::empty(Dtype::F16, length, offset)
}

/// Slices that begin and end within a word.
#[test]
fn any_offset_any_length() -> Result<(), Error> {
    let (kernels, elu) = (gpu().kernels(), Activation::Elu { alpha: 0.7 });
    let mut random = Random(33);
    for length in [0, 1, 2, 3, 4, 5, 257, 1000, 4099] {
        let [x, grad] = [(); 2].map(|()| random_bits(&mut random, length));
        let [wide_x, wide_grad] = [&x, &grad].map(|bits| upload(&widened(Dtype::F16, bits)));
        let (wide_x, wide_grad) = (wide_x?, wide_grad?);
        let wanted = [
            gpu().forward(elu, &wide_x)?,
            gpu().backward(elu, &wide_x, &wide_grad)?,
        ]
        .map(|result| widened(Dtype::F16, &packed(Dtype::F16, &read(&result))));
        for offsets in [
            [0, 0, 0],
            [1, 1, 1],
            [0, 1, 2],
            [3, 0, 1],
            [4, 8, 64],
            [63, 65, 127],
            [128, 2, 5],
        ] {
            let (x, grad) = (guarded(&x, offsets[0]), guarded(&grad, offsets[1]));
            let [y, grad_x] = [(); 2].map(|()| empty(length, offsets[2]));
            run(&kernels.forward(elu, x.slice(), y.slice())?);
            run(&kernels.backward(elu, x.slice(), grad.slice(), grad_x.slice())?);
            assert_eq!(
                [y.values(), grad_x.values()],
                wanted,
                "{length} at {offsets:?}"
            );
            run(&kernels.backward_in_place(elu, x.slice(), grad.slice())?);
            run(&kernels.forward_in_place(elu, x.slice())?);
            assert_eq!(
                [x.values(), grad.values()],
                wanted,
                "{length} in place at {offsets:?}"
            );
        }
    }
    Ok(())
}

/// Runs of values and gates begin within a word, and both gradients go to other places within
/// words.
#[test]
fn glu_at_any_offset() -> Result<(), Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(34));
    for (run_length, runs) in [(1, 8), (3, 5), (4, 6), (7, 2), (300, 3)] {
        let elements = run_length * runs;
        let x = random_bits(&mut random, 2 * elements);
        let grad = random_bits(&mut random, elements);
        let split = SplitLayout::new(2 * run_length as u64, 1, GluLayout::GateValue);
        let mut seen: Option<[Vec<f32>; 4]> = None;
        for offsets in [[0, 0, 0, 0], [1, 0, 1, 2], [2, 3, 1, 0], [5, 1, 0, 3]] {
            let (whole, grad) = (guarded(&x, offsets[0]), guarded(&grad, offsets[1]));
            let [y, grad_x] = [elements, 2 * elements].map(|count| empty(count, offsets[2]));
            run(&kernels.glu_split(Glu::GLU, split, whole.slice(), y.slice())?);
            let slices = [&whole, &grad, &grad_x].map(Guarded::slice);
            run(&kernels.glu_split_backward(Glu::GLU, split, slices[0], slices[1], slices[2])?);
            let value = guarded(&x[..elements], offsets[0]);
            let gate = guarded(&x[elements..], offsets[1]);
            let [to_value, to_gate] = [2, 3].map(|k| empty(elements, offsets[k]));
            let inputs = [&value, &gate, &grad].map(Guarded::slice);
            run(&kernels.glu_backward(
                Glu::GLU,
                inputs[0],
                inputs[1],
                inputs[2],
                to_value.slice(),
                to_gate.slice(),
            )?);
            let got = [
                y.values(),
                grad_x.values(),
                to_value.values(),
                to_gate.values(),
            ];
            assert_eq!(
                *seen.get_or_insert_with(|| got.clone()),
                got,
                "runs of {run_length} at {offsets:?}"
            );
        }
    }
    Ok(())
}

#[test]
fn bad_slices_are_refused() -> Result<(), Error> {
    let (kernels, relu) = (gpu().kernels(), Activation::Relu);
    let (x, y) = (storage(16), storage(16));
    let half = |buffer, offset, size| Slice::new(buffer, offset, size).with_dtype(Dtype::F16);
    assert_eq!(
        refusal(kernels.forward(relu, half(&x, 1, 4), half(&y, 0, 4))),
        "x: the slice begins at byte 1 and has 4 bytes, but both must be multiples of 2 for f16"
    );
    let odd = storage(18);
    assert_eq!(
        refusal(kernels.forward(relu, half(&odd, 0, 18), half(&y, 0, 16))),
        "x: bytes 0 to 0 + 18, up to a multiple of 4, are asked for, but the buffer has 18"
    );
    let prelu = Activation::Prelu { weight: 0.25 };
    let learned = LearnedParam::scalar(half(&y, 0, 2));
    assert_eq!(
        refusal(kernels.backward_parameter(prelu, "weight", (&x, learned), &x, half(&odd, 0, 2))),
        "grad_parameter: its elements are f16, but here they must be f32"
    );
    Ok(())
}

/// Kernels for a device whose conversions nobody has checked have the results of those that use them:
/// for every f16, by vectors and within words, and of numbers of every kind.
#[test]
fn native_conversions_change_nothing() -> Result<(), Error> {
    let (native, portable) = (gpu().kernels(), Kernels::new(gpu().device(), gpu().queue()));
    let every: Vec<u16> = (0..=u16::MAX).collect();
    let mut random = Random(37);
    let wide: Vec<f32> = (0..1 << 14)
        .map(|_| f32::from_bits(random.bits() as u32))
        .collect();
    for offset in [0, 1] {
        let (x, wide) = (guarded(&every, offset), Guarded::new(&wide, offset));
        for activation in [Activation::Identity, Activation::Silu] {
            let results = [native, &portable].map(|kernels| {
                let [y, narrowed] = [every.len(), 1 << 14].map(|length| empty(length, offset));
                run(&kernels.forward(activation, x.slice(), y.slice())?);
                run(&kernels.forward(activation, wide.slice(), narrowed.slice())?);
                Ok::<_, Error>([y.values(), narrowed.values()].concat())
            });
            let [native, portable] = results;
            let is_same = |(a, b): (&f32, &f32)| a == b || a.is_nan() && b.is_nan();
            assert!(
                native?.iter().zip(&portable?).all(is_same),
                "{activation} at {offset}"
            );
        }
    }
    Ok(())
}

/// The check writes one number, and needs room for it.
#[test]
fn the_check_of_conversions_writes_one_number() -> Result<(), Error> {
    let kernels = gpu().kernels();
    let result = Guarded::new(&[0.0], 3);
    run(&kernels.check_f16(result.slice())?);
    let found = result.values()[0];
    assert!([1.0, 2.0, 3.0, 4.0].contains(&found), "{found}");
    assert_eq!(
        refusal(kernels.check_f16(empty(2, 0).slice())),
        "result: it must have an f32, got 2 elements of f16"
    );
    let buffer = storage(16);
    assert_eq!(
        refusal(kernels.check_f16(Slice::new(&buffer, 16, 0))),
        "result: it must have an f32, got 0 elements of f32"
    );
    Ok(())
}

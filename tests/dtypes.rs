//! 16-bit elements: rounded as IEEE 754 has it, whatever the pass, the offset and the length; nothing else is touched.

mod common;

use common::{Random, gpu};
use wgpu::BufferUsages as Usages;
use wgpu::util::DeviceExt;
use wgpu_activations::half::{bf16, f16};
use wgpu_activations::{
    Activation, Dtype, Error, Glu, GluLayout, Gpu, LearnedParam, Operation, Slice, SplitLayout,
    Tensor, TensorArgs, TrainingMode, wgpu,
};

/// A 16-bit type, to the tests.
trait Half: wgpu_activations::Element {
    fn from_bits(bits: u16) -> Self;
    fn of_f32(value: f32) -> Self;
    fn rounded(value: f64) -> Self;
    fn value(self) -> f64;
    /// The distance of neighbours in a value's binade.
    fn ulp(value: f64) -> f64;
}

impl Half for f16 {
    fn from_bits(bits: u16) -> Self {
        f16::from_bits(bits)
    }
    fn of_f32(value: f32) -> Self {
        f16::from_f32(value)
    }
    fn rounded(value: f64) -> Self {
        f16::from_f64(value)
    }
    fn value(self) -> f64 {
        self.to_f64()
    }
    fn ulp(value: f64) -> f64 {
        2f64.powi(exponent(value).max(-14) - 10)
    }
}

impl Half for bf16 {
    fn from_bits(bits: u16) -> Self {
        bf16::from_bits(bits)
    }
    fn of_f32(value: f32) -> Self {
        bf16::from_f32(value)
    }
    fn rounded(value: f64) -> Self {
        bf16::from_f64(value)
    }
    fn value(self) -> f64 {
        self.to_f64()
    }
    fn ulp(value: f64) -> f64 {
        2f64.powi(exponent(value).max(-126) - 7)
    }
}

fn exponent(value: f64) -> i32 {
    ((value.to_bits() >> 52) & 0x7ff) as i32 - 1023
}

fn all<T: Half>() -> Vec<T> {
    (0..=u16::MAX).map(T::from_bits).collect()
}

/// Results for every 16-bit x: how many are not the nearest to the truth, all of which are nearly ties. The f32 that is rounded is at
/// most 4 ulp off, of the truth or of what its magnitude says; a subnormal f32 may count as a zero of its sign.
fn misrounded<T: Half>(
    name: &str,
    x: &[T],
    got: &[f32],
    truth: impl Fn(f64) -> (f64, f64),
) -> usize {
    let is_nearest = |got: f32, wanted: f64| {
        let nearest = T::rounded(wanted).value();
        f64::from(got) == nearest || got.is_nan() && nearest.is_nan()
    };
    let is_near = |got: f32, (wanted, magnitude): (f64, f64)| {
        let of_f32 = 4.0 * 2f64.powi(exponent(wanted.abs().max(magnitude)).max(-126) - 23);
        let flushed = if wanted.abs() <= 2f64.powi(-126) {
            2f64.powi(-126)
        } else {
            0.0
        };
        is_nearest(got, wanted)
            || (f64::from(got) - wanted).abs() <= 0.5 * T::ulp(wanted) + of_f32 + flushed
    };
    let mut count = 0;
    for (x, &got) in x.iter().map(|x| x.value()).zip(got) {
        let is_subnormal = x != 0.0 && x.abs() < 2f64.powi(-126);
        count += usize::from(!is_nearest(got, truth(x).0));
        let is_right =
            is_near(got, truth(x)) || is_subnormal && is_near(got, truth(0f64.copysign(x)));
        assert!(
            is_right,
            "{name} of {x:e}: {got:e} instead of {:e}",
            truth(x).0
        );
    }
    count
}

fn every_half<T: Half>() -> Result<(), Error> {
    let x = all::<T>();
    let (tensor, ones) = (
        gpu().upload(&x, [x.len()])?,
        gpu().upload(&vec![T::rounded(1.0); x.len()], [x.len()])?,
    );
    for activation in common::activations() {
        let forward = gpu().forward(activation, &tensor)?;
        let backward = gpu().backward(activation, &tensor, &ones)?;
        assert_eq!((forward.dtype(), backward.dtype()), (T::DTYPE, T::DTYPE));
        let [forward, backward] = gpu().read_blocking([&forward, &backward])?;
        let name = format!("{activation} in {}", T::DTYPE);
        let forward = misrounded(&name, &x, &forward, |x| {
            (activation.forward(x), activation.error_scale(x).forward)
        });
        let backward = misrounded(&format!("{name}, backward,"), &x, &backward, |x| {
            (
                activation.backward(x, 1.0),
                activation.error_scale(x).derivative,
            )
        });
        println!(
            "{name}: {forward} and {backward} of 65536 results are not the nearest, but nearly ties"
        );
    }
    Ok(())
}

#[test]
fn every_f16() -> Result<(), Error> {
    every_half::<f16>()
}

#[test]
fn every_bf16() -> Result<(), Error> {
    every_half::<bf16>()
}

/// From f32: all that is exact, all ties, their neighbours, and every kind of bits.
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
        // Where a subnormal f32 is flushed it is a zero.
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

/// What a pass gives of tensors of a type, as f32.
type Results = Vec<Vec<f32>>;

/// Every pass of every kind, of tensors that hold the same numbers.
fn passes(
    gpu: &Gpu,
    dtype: Dtype,
    values: &[Vec<f32>; 4],
    shape: [usize; 3],
) -> Result<Results, Error> {
    let upload =
        |values: &Vec<f32>, shape: &[usize]| gpu.to_dtype(&gpu.upload(values, shape)?, dtype);
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
        &values[1][..values[1].len() / 2].to_vec(),
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
    results
        .iter()
        .map(|result| Ok(gpu.read_blocking([result])?.concat()))
        .collect()
}

/// The same as in f32, rounded once, but for the parameter's gradient, which is f32.
#[test]
fn every_pass_rounds_once() -> Result<(), Error> {
    let mut random = Random(31);
    for shape in [[2, 3, 2], [1, 5, 6], [3, 4, 8], [5, 7, 10], [1, 1, 514]] {
        let elements = shape.iter().product();
        for dtype in [Dtype::F16, Dtype::Bf16] {
            let round = |value: f32| match dtype {
                Dtype::F16 => f16::from_f32(value).to_f32(),
                _ => bf16::from_f32(value).to_f32(),
            };
            let mut values = || {
                random
                    .vector(elements)
                    .into_iter()
                    .map(round)
                    .collect::<Vec<_>>()
            };
            let mut inputs = [values(), values(), values(), values()];
            inputs[3].truncate(shape[1]);
            let got = passes(gpu(), dtype, &inputs, shape)?;
            for (position, (got, wanted)) in got
                .iter()
                .zip(passes(gpu(), Dtype::F32, &inputs, shape)?)
                .enumerate()
            {
                let wanted: Vec<f32> = if position == 4 {
                    wanted
                } else {
                    wanted.into_iter().map(round).collect()
                };
                assert_eq!(*got, wanted, "pass {position}, {shape:?} in {dtype}");
            }
        }
    }
    Ok(())
}

/// f16 in, f32 out, and the other way round.
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

const GUARD: u16 = 0xbeef;

/// A buffer of 16-bit values at an offset, with guards around them.
struct Guarded {
    buffer: wgpu::Buffer,
    offset: usize,
    length: usize,
}

impl Guarded {
    fn new(values: &[f16], offset: usize) -> Self {
        let mut contents = vec![GUARD; offset];
        contents.extend(values.iter().map(|value| value.to_bits()));
        contents.resize((contents.len() + 5).next_multiple_of(2), GUARD);
        let usage = Usages::STORAGE | Usages::COPY_SRC | Usages::COPY_DST;
        let contents = bytemuck::cast_slice(&contents);
        let descriptor = wgpu::util::BufferInitDescriptor {
            label: Some("guarded"),
            contents,
            usage,
        };
        Self {
            buffer: gpu().device().create_buffer_init(&descriptor),
            offset,
            length: values.len(),
        }
    }

    fn slice(&self) -> Slice<'_> {
        Slice::new(&self.buffer, 2 * self.offset as u64, 2 * self.length as u64)
            .with_dtype(Dtype::F16)
    }

    /// The values, once the guards are seen to be whole.
    fn values(&self) -> Vec<f32> {
        let words = common::guarded::read(&self.buffer);
        let all: &[u16] = bytemuck::cast_slice(&words);
        let (before, rest) = all.split_at(self.offset);
        let (values, after) = rest.split_at(self.length);
        assert!(
            before.iter().chain(after).all(|&guard| guard == GUARD),
            "{} at {}",
            self.length,
            self.offset
        );
        values
            .iter()
            .map(|&bits| f16::from_bits(bits).to_f32())
            .collect()
    }
}

fn run(operation: Result<Operation, Error>) -> Result<(), Error> {
    common::guarded::run(&operation?);
    Ok(())
}

/// Slices that begin and end within a word.
#[test]
fn any_offset_any_length() -> Result<(), Error> {
    let (kernels, elu) = (gpu().kernels(), Activation::Elu { alpha: 0.7 });
    let mut random = Random(33);
    for length in [0, 1, 2, 3, 4, 5, 257, 1000, 4099] {
        let mut values = || {
            random
                .vector(length)
                .into_iter()
                .map(f16::from_f32)
                .collect::<Vec<_>>()
        };
        let (x, grad) = (values(), values());
        let [wide_x, wide_grad] =
            [&x, &grad].map(|half| half.iter().map(|half| half.to_f32()).collect::<Vec<_>>());
        let (wide_x, wide_grad) = (
            gpu().upload(&wide_x, [length])?,
            gpu().upload(&wide_grad, [length])?,
        );
        let [y, grad_input] = gpu().read_blocking([
            &gpu().forward(elu, &wide_x)?,
            &gpu().backward(elu, &wide_x, &wide_grad)?,
        ])?;
        let wanted = [y, grad_input].map(|all| {
            all.into_iter()
                .map(|y| f16::from_f32(y).to_f32())
                .collect::<Vec<_>>()
        });
        for offsets in [
            [0, 0, 0],
            [1, 1, 1],
            [0, 1, 2],
            [3, 0, 1],
            [4, 8, 64],
            [63, 65, 127],
            [128, 2, 5],
        ] {
            let (x, grad) = (
                Guarded::new(&x, offsets[0]),
                Guarded::new(&grad, offsets[1]),
            );
            let empty = vec![f16::from_bits(GUARD); length];
            let (y, grad_input) = (
                Guarded::new(&empty, offsets[2]),
                Guarded::new(&empty, offsets[2]),
            );
            run(kernels.forward(elu, x.slice(), y.slice()))?;
            run(kernels.backward(elu, x.slice(), grad.slice(), grad_input.slice()))?;
            assert_eq!(
                [y.values(), grad_input.values()],
                wanted,
                "{length} at {offsets:?}"
            );
            run(kernels.backward_in_place(elu, x.slice(), grad.slice()))?;
            run(kernels.forward_in_place(elu, x.slice()))?;
            assert_eq!(
                [x.values(), grad.values()],
                wanted,
                "{length} in place at {offsets:?}"
            );
        }
    }
    Ok(())
}

/// Runs of values and gates that begin within a word, and both gradients into slices of other phases.
#[test]
fn gated_at_any_offset() -> Result<(), Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(34));
    for (run_length, runs) in [(1, 8), (3, 5), (4, 6), (7, 2), (300, 3)] {
        let elements = run_length * runs;
        let mut values = |count| {
            random
                .vector(count)
                .into_iter()
                .map(f16::from_f32)
                .collect::<Vec<_>>()
        };
        let (x, grad) = (values(2 * elements), values(elements));
        let split = SplitLayout::new(2 * run_length as u64, 1, GluLayout::GateValue);
        let mut seen: Option<[Vec<f32>; 4]> = None;
        for offsets in [[0, 0, 0, 0], [1, 0, 1, 2], [2, 3, 1, 0], [5, 1, 0, 3]] {
            let (x_at, grad_at) = (
                Guarded::new(&x, offsets[0]),
                Guarded::new(&grad, offsets[1]),
            );
            let [y, grad_x] = [elements, 2 * elements]
                .map(|count| Guarded::new(&vec![f16::ZERO; count], offsets[2]));
            run(kernels.glu_split(Glu::GLU, split, x_at.slice(), y.slice()))?;
            run(kernels.glu_split_backward(
                Glu::GLU,
                split,
                x_at.slice(),
                grad_at.slice(),
                grad_x.slice(),
            ))?;
            let (value, gate) = (
                Guarded::new(&x[..elements], offsets[0]),
                Guarded::new(&x[elements..], offsets[1]),
            );
            let [to_value, to_gate] =
                [2, 3].map(|k| Guarded::new(&vec![f16::ZERO; elements], offsets[k]));
            let outputs = (to_value.slice(), to_gate.slice());
            run(kernels.glu_backward(
                Glu::GLU,
                value.slice(),
                gate.slice(),
                grad_at.slice(),
                outputs.0,
                outputs.1,
            ))?;
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
fn what_cannot_be_stored_so_is_refused() -> Result<(), Error> {
    let text = |result: Result<Operation, Error>| result.expect_err("refused").to_string();
    let (kernels, relu) = (gpu().kernels(), Activation::Relu);
    let buffer = |size| {
        let usage = Usages::STORAGE;
        gpu().device().create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size,
            usage,
            mapped_at_creation: false,
        })
    };
    let (x, y) = (buffer(16), buffer(16));
    let half = |buffer, offset, size| Slice::new(buffer, offset, size).with_dtype(Dtype::F16);
    assert_eq!(
        text(kernels.forward(relu, half(&x, 1, 4), half(&y, 0, 4))),
        "x: the slice begins at byte 1 and has 4 bytes, but both must be multiples of 2 for f16"
    );
    let odd = buffer(18);
    assert_eq!(
        text(kernels.forward(relu, half(&odd, 0, 18), half(&y, 0, 16))),
        "x: bytes 0 to 0 + 18, up to a multiple of 4, are asked for, but the buffer has 18"
    );
    let prelu = Activation::Prelu { weight: 0.25 };
    let learned = LearnedParam::scalar(half(&y, 0, 2));
    assert_eq!(
        text(kernels.backward_parameter(prelu, "weight", (&x, learned), &x, half(&odd, 0, 2))),
        "grad_parameter: its elements are f16, but here they must be f32"
    );
    Ok(())
}

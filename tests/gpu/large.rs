//! Sizes past limits: of a dispatch's dimension, of a binding, of a buffer, of a block of a
//! reduction.

use wgpu_activations::{
    Activation, AxisFunction, Dtype, Error, Glu, GluLayout, Gpu, Slice, TrainingMode, wgpu,
};

use crate::common::Random;
use crate::support::{
    DOWNLEVEL_BUFFERS, gpu, gpu_with, much_memory, read, refusal, run, tiny, upload,
};

const PRELU: Activation = Activation::Prelu { weight: 0.25 };

#[test]
fn a_million_and_three() -> Result<(), Error> {
    let (activation, x) = (
        Activation::LeakyRelu {
            negative_slope: 0.5,
        },
        Random(6).vector(1_000_003),
    );
    let tensor = upload(&x)?;
    let y = gpu().forward(activation, &tensor)?;
    let grad_x = gpu().backward(activation, &tensor, &y)?;
    let [y, grad_x] = gpu().read_blocking([&y, &grad_x])?;
    for ((x, y), grad_x) in x.iter().zip(y).zip(grad_x) {
        let slope = if *x > 0.0 { 1.0 } else { 0.5 };
        assert_eq!((y, grad_x), (x * slope, x * slope * slope));
    }
    Ok(())
}

/// In slices that begin 4 bytes into a buffer, each thread takes one element, and 8,388,480
/// elements fill 65,535 workgroups.
#[test]
fn past_65535_workgroups() -> Result<(), Error> {
    fn part(slice: Slice<'_>) -> Slice<'_> {
        Slice::new(slice.buffer, 4, slice.size - 4)
    }
    let x = Random(7).vector(9_000_001);
    let (tensor, output) = (upload(&x)?, upload(&vec![7.0; x.len()])?);
    gpu().submit()?;
    let (x_slice, y_slice) = (part(tensor.slice()?), part(output.slice()?));
    run(&gpu()
        .kernels()
        .forward(Activation::Relu, x_slice, y_slice)?);
    let y = read(&output);
    assert_eq!(y[0], 7.0);
    assert!(x[1..].iter().zip(&y[1..]).all(|(x, &y)| x.max(0.0) == y));
    Ok(())
}

/// 160 MB: more than the 128 MiB that a binding takes on many adapters.
#[test]
fn past_one_binding() -> Result<(), Error> {
    let _memory = much_memory();
    let x = Random(8).vector(40_000_003);
    let y = read(&gpu().forward(Activation::Relu, &upload(&x)?)?);
    assert!(x.iter().zip(&y).all(|(x, &y)| x.max(0.0) == y));
    Ok(())
}

/// 600 MB lie in three buffers at wgpu's default limits, where a buffer takes 256 MiB and a binding
/// 128.
#[test]
fn six_hundred_megabytes_at_default_limits() -> Result<(), Error> {
    let _memory = much_memory();
    let gpu = gpu_with(wgpu::Limits::default());
    let x: Vec<f32> = (0..150_000_001u32)
        .map(|i| f32::from(i as u16) - 32_768.0)
        .collect();
    let tensor = gpu.upload(&x, [x.len()])?;
    assert_eq!(tensor.slices().count(), 3);
    assert!(refusal(tensor.slice()).contains("lies in 3 of them"));
    let leaky_relu = Activation::LeakyRelu {
        negative_slope: 0.5,
    };
    let y = gpu.forward(leaky_relu, &tensor)?;
    let grad_x = gpu.backward(leaky_relu, &y, &tensor)?;
    drop((tensor, y));
    let [grad_x] = gpu.read_blocking([&grad_x])?;
    assert!(
        x.iter()
            .zip(grad_x)
            .all(|(&x, got)| got == if x > 0.0 { x } else { 0.5 * x })
    );
    Ok(())
}

/// Tensors that lie in several buffers, here of 64 KiB, give the same bits as those in one, along
/// any dimension but the first.
#[test]
fn several_buffers_change_nothing() -> Result<(), Error> {
    let limits = wgpu::Limits {
        max_buffer_size: 1 << 16,
        ..wgpu::Limits::downlevel_defaults()
    };
    let (small, mut random) = (gpu_with(limits), Random(12));
    let (softmax, training) = (
        AxisFunction::Softmax { temperature: 1.0 },
        TrainingMode {
            seed: 3,
            offset: 1,
            dropout: 0.2,
        },
    );
    for shape in [
        vec![50_001],
        vec![7, 3, 3000],
        vec![20_000, 3],
        vec![5, 100, 100],
        vec![65, 258, 2],
    ] {
        let elements = shape.iter().product();
        let channels = shape.get(1).copied().unwrap_or(1);
        let (x, grad, weight) = (
            random.vector(elements),
            random.vector(elements),
            random.vector(channels),
        );
        let last = *shape.last().expect("a dimension");
        let mut halved = shape.clone();
        *halved.last_mut().expect("a dimension") /= 2;
        let along = shape.len() > 1;
        let splits = along && last % 2 == 0;
        let outcome = |gpu: &Gpu, dtype| -> Result<Vec<Vec<f32>>, Error> {
            let (x, grad) = (
                gpu.to_dtype(&gpu.upload(&x, &shape)?, dtype)?,
                gpu.upload(&grad, &shape)?,
            );
            let weight = gpu.upload(&weight, [channels])?;
            let [grad_x, grad_grad] = gpu.double_backward(Activation::Tanh, &x, &grad, &grad)?;
            let mut results = vec![
                gpu.forward(PRELU, (&x, &weight))?,
                gpu.backward(PRELU, (&x, &weight), &grad)?,
                gpu.forward_training(Activation::Relu, training, &x)?,
                gpu.backward_training(Activation::Relu, training, &x, &grad)?,
                gpu.glu(Glu::GLU, &x, &grad)?,
                grad_x,
                grad_grad,
            ];
            results.extend(gpu.glu_backward(Glu::GLU, &x, &grad, &x)?);
            if along && dtype == Dtype::F32 {
                let y = gpu.forward_axis(softmax, -1, &x)?;
                results.push(gpu.backward_axis(softmax, -1, &y, &grad)?);
                results.push(gpu.forward_axis(AxisFunction::Logsumexp, 1, &x)?);
            }
            if splits {
                let half = gpu.glu_split(Glu::SWIGLU, -1, GluLayout::ValueGate, &x)?;
                assert_eq!(half.shape(), halved);
                results.push(gpu.glu_split_backward(
                    Glu::SWIGLU,
                    -1,
                    GluLayout::ValueGate,
                    &x,
                    &half,
                )?);
                results.push(half);
            }
            results
                .iter()
                .map(|result| Ok(gpu.read_blocking([result])?.concat()))
                .collect()
        };
        for dtype in [Dtype::F32, Dtype::F16] {
            assert_eq!(
                outcome(&small, dtype)?,
                outcome(gpu(), dtype)?,
                "{shape:?} in {dtype}"
            );
        }
        // Sums are grouped by buffers, so they are as accurate, but have other bits.
        let sum = |gpu: &Gpu| -> Result<Vec<f32>, Error> {
            let (x, grad, weight) = (
                gpu.upload(&x, &shape)?,
                gpu.upload(&grad, &shape)?,
                gpu.upload(&weight, [channels])?,
            );
            Ok(gpu
                .read_blocking([&gpu.backward_parameter(PRELU, "weight", (&x, &weight), &grad)?])?
                .concat())
        };
        let [in_several, in_one] = [sum(&small)?, sum(gpu())?];
        let most = 16.0 * (elements as f32 / channels as f32) * 1e-6;
        assert!(
            in_several
                .iter()
                .zip(&in_one)
                .all(|(a, b)| (a - b).abs() <= most),
            "{in_several:?} and {in_one:?}"
        );
    }
    Ok(())
}

/// Tensors of one buffer and of several, of no element and of each type are read into memory that
/// had other values.
#[test]
fn read_into_is_read() -> Result<(), Error> {
    let small = gpu_with(wgpu::Limits {
        max_buffer_size: 1 << 16,
        ..wgpu::Limits::downlevel_defaults()
    });
    let mut random = Random(13);
    for gpu in [&small, gpu()] {
        let upload =
            |values: &[f32], dtype| gpu.to_dtype(&gpu.upload(values, [values.len()])?, dtype);
        let a = upload(&random.vector(50_001), Dtype::F32)?;
        let b = upload(&[], Dtype::F32)?;
        let c = upload(&random.vector(40_003), Dtype::F16)?;
        let d = upload(&random.vector(3), Dtype::Bf16)?;
        let tensors = [&a, &b, &c, &d];
        let wanted = gpu.read_blocking(tensors)?;
        let mut values = tensors.map(|tensor| vec![f32::NAN; tensor.len()]);
        gpu.read_into_blocking(
            tensors
                .into_iter()
                .zip(values.each_mut().map(Vec::as_mut_slice)),
        )?;
        assert_eq!(values, wanted);
        values.iter_mut().for_each(|values| values.fill(f32::NAN));
        let pairs = tensors
            .into_iter()
            .zip(values.each_mut().map(Vec::as_mut_slice));
        pollster::block_on(gpu.read_into(pairs))?;
        assert_eq!(values, wanted);
    }
    Ok(())
}

#[test]
fn what_needs_one_buffer_says_so() -> Result<(), Error> {
    let gpu = gpu_with(wgpu::Limits {
        max_buffer_size: 1 << 16,
        ..wgpu::Limits::downlevel_defaults()
    });
    let x = gpu.upload(&vec![1.0; 40_000], [10_000, 4])?;
    let wanted =
        "x: the tensor is larger than a buffer can be on this device and lies in 3 of them";
    let softmax = AxisFunction::Softmax { temperature: 1.0 };
    assert!(refusal(gpu.forward_axis(softmax, 0, &x)).starts_with(wanted));
    assert!(refusal(gpu.glu_split(Glu::GLU, 0, GluLayout::ValueGate, &x)).starts_with(wanted));
    assert!(refusal(x.view().transpose(0, 1)).starts_with("view: the tensor is larger"));
    Ok(())
}

/// A device whose limits split the work gives the same bits.
#[test]
fn tiny_limits_change_nothing() -> Result<(), Error> {
    let (tiny, mut random) = (tiny(DOWNLEVEL_BUFFERS), Random(9));
    for shape in [
        [1, 1, 3],
        [5, 7, 11],
        [40, 3, 10],
        [1, 2, 200],
        [29, 100, 1],
        [1, 1, 1027],
    ] {
        let elements = shape.iter().product();
        let (x, grad, weight) = (
            random.vector(elements),
            random.vector(elements),
            random.vector(shape[1]),
        );
        let outcome = |gpu: &Gpu| -> Result<_, Error> {
            let (x, grad, weight) = (
                gpu.upload(&x, shape)?,
                gpu.upload(&grad, shape)?,
                gpu.upload(&weight, [shape[1]])?,
            );
            gpu.read_blocking([
                &gpu.forward(Activation::Tanh, &x)?,
                &gpu.forward(PRELU, (&x, &weight))?,
                &gpu.backward(PRELU, (&x, &weight), &grad)?,
            ])
        };
        assert_eq!(outcome(&tiny)?, outcome(gpu())?, "{shape:?}");
    }
    Ok(())
}

/// The weight's gradient, in f64, and the sum of the absolute values of its terms.
fn weight_gradient(x: &[f32], grad: &[f32]) -> (f64, f64) {
    let terms = x
        .iter()
        .zip(grad)
        .filter(|(x, _)| **x <= 0.0)
        .map(|(&x, &grad)| f64::from(x) * f64::from(grad));
    terms.fold((0.0, 0.0), |(sum, absolute), term| {
        (sum + term, absolute + term.abs())
    })
}

/// Sums of many blocks, and of blocks of blocks, are as accurate as pairwise summation, and have
/// the same bits each time.
#[test]
fn reductions_of_any_length() -> Result<(), Error> {
    let (tiny, mut random) = (tiny(DOWNLEVEL_BUFFERS), Random(10));
    for elements in [
        0, 1, 127, 128, 1023, 1024, 1025, 100_000, 1_048_577, 3_000_001,
    ] {
        let (x, grad) = (random.vector(elements), random.vector(elements));
        let (sum, error_scale) = weight_gradient(&x, &grad);
        let outcome = |gpu: &Gpu| -> Result<[Vec<f32>; 2], Error> {
            let (x, grad, weight) = (
                gpu.upload(&x, [elements])?,
                gpu.upload(&grad, [elements])?,
                gpu.upload(&[0.25], [1])?,
            );
            let gradient = || gpu.backward_parameter(PRELU, "weight", (&x, &weight), &grad);
            gpu.read_blocking([&gradient()?, &gradient()?])
        };
        // Limits change only how terms are grouped. The tiny device has no memory for the largest.
        for gpu in [gpu(), &tiny]
            .into_iter()
            .take(if elements > 100_000 { 1 } else { 2 })
        {
            let [first, second] = outcome(gpu)?;
            assert_eq!(
                first[0].to_bits(),
                second[0].to_bits(),
                "{elements} elements, twice"
            );
            // Each level of the tree rounds once, some levels are half empty, and each product
            // rounds once.
            let levels = (elements.max(1) as f64).log2().ceil() + 5.0;
            let error = (f64::from(first[0]) - sum).abs();
            assert!(
                error <= error_scale * levels * 2f64.powi(-24),
                "{elements} elements: {} instead of {sum}",
                first[0]
            );
        }
    }
    Ok(())
}

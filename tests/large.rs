//! Sizes past the limits: of a dispatch's dimension, of a binding, of a block of a reduction.

mod common;

use common::guarded::{DOWNLEVEL_BUFFERS, tiny};
use common::{Random, gpu};
use wgpu_activations::{Activation, Error, Gpu, Slice, wgpu};

const PRELU: Activation = Activation::Prelu { weight: 0.25 };

#[test]
fn a_million_and_three() -> Result<(), Error> {
    let (activation, x) = (Activation::LeakyRelu { negative_slope: 0.5 }, Random(6).vector(1_000_003));
    let tensor = gpu().upload(&x, [1_000_003])?;
    let y = gpu().forward(activation, &tensor)?;
    let grad_input = gpu().backward(activation, &tensor, &y)?;
    let [y, grad_input] = gpu().read_blocking([&y, &grad_input])?;
    for ((x, y), grad_input) in x.iter().zip(y).zip(grad_input) {
        let slope = if *x > 0.0 { 1.0 } else { 0.5 };
        assert_eq!((y, grad_input), (x * slope, x * slope * slope));
    }
    Ok(())
}

/// At 4 bytes into a buffer every thread takes one element: 8,388,480 of them fill 65,535 workgroups.
#[test]
fn past_65535_workgroups() -> Result<(), Error> {
    fn part(slice: Slice<'_>) -> Slice<'_> {
        Slice::new(slice.buffer, 4, slice.size - 4)
    }
    let x = Random(7).vector(9_000_001);
    let (tensor, output) = (gpu().upload(&x, [x.len()])?, gpu().upload(&vec![7.0; x.len()], [x.len()])?);
    gpu().submit()?;
    let mut encoder = gpu().device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    gpu().kernels().forward(Activation::Relu, part(tensor.slice()), part(output.slice()))?.encode(&mut encoder);
    gpu().queue().submit([encoder.finish()]);
    let [y] = gpu().read_blocking([&output])?;
    assert_eq!(y[0], 7.0);
    assert!(x[1..].iter().zip(&y[1..]).all(|(x, &y)| x.max(0.0) == y));
    Ok(())
}

/// 160 MB, on an adapter whose binding takes 128 MiB and on any other.
#[test]
fn past_one_binding() -> Result<(), Error> {
    let x = Random(8).vector(40_000_003);
    let tensor = gpu().upload(&x, [x.len()])?;
    let [y] = gpu().read_blocking([&gpu().forward(Activation::Relu, &tensor)?])?;
    assert!(x.iter().zip(&y).all(|(x, &y)| x.max(0.0) == y));
    Ok(())
}

/// Split or not, the bits are the same.
#[test]
fn tiny_limits_change_nothing() -> Result<(), Error> {
    let (tiny, mut random) = (tiny(DOWNLEVEL_BUFFERS), Random(9));
    for shape in [[1, 1, 3], [5, 7, 11], [40, 3, 10], [1, 2, 200], [29, 100, 1], [1, 1, 1027]] {
        let elements = shape.iter().product();
        let (x, grad, weight) = (random.vector(elements), random.vector(elements), random.vector(shape[1]));
        let outcome = |gpu: &Gpu| -> Result<_, Error> {
            let (x, grad, weight) =
                (gpu.upload(&x, shape)?, gpu.upload(&grad, shape)?, gpu.upload(&weight, [shape[1]])?);
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

/// The weight's gradient, in f64, and the sum of its terms' magnitudes.
fn weight_gradient(x: &[f32], grad: &[f32]) -> (f64, f64) {
    let terms = x.iter().zip(grad).filter(|(x, _)| **x <= 0.0).map(|(&x, &grad)| f64::from(x) * f64::from(grad));
    terms.fold((0.0, 0.0), |(sum, magnitude), term| (sum + term, magnitude + term.abs()))
}

/// Many blocks, and blocks of blocks: as accurate as pairwise summation, and the same bits each time.
#[test]
fn reductions_of_any_length() -> Result<(), Error> {
    let (tiny, mut random) = (tiny(DOWNLEVEL_BUFFERS), Random(10));
    for elements in [0, 1, 127, 128, 1023, 1024, 1025, 100_000, 1_048_577, 3_000_001] {
        let (x, grad) = (random.vector(elements), random.vector(elements));
        let (sum, magnitude) = weight_gradient(&x, &grad);
        let outcome = |gpu: &Gpu| -> Result<[Vec<f32>; 2], Error> {
            let (x, grad, weight) =
                (gpu.upload(&x, [elements])?, gpu.upload(&grad, [elements])?, gpu.upload(&[0.25], [1])?);
            let gradient = || gpu.backward_parameter(PRELU, "weight", (&x, &weight), &grad);
            gpu.read_blocking([&gradient()?, &gradient()?])
        };
        // Limits change how terms are grouped, and only that. The tiny device has no memory for the largest.
        for gpu in [gpu(), &tiny].into_iter().take(if elements > 100_000 { 1 } else { 2 }) {
            let [first, second] = outcome(gpu)?;
            assert_eq!(first[0].to_bits(), second[0].to_bits(), "{elements} elements, twice");
            // A rounding for each level of the tree, with some of the levels half empty, and one for the product.
            let levels = (elements.max(1) as f64).log2().ceil() + 5.0;
            let error = (f64::from(first[0]) - sum).abs();
            assert!(error <= magnitude * levels * 2f64.powi(-24), "{elements} elements: {} instead of {sum}", first[0]);
        }
    }
    Ok(())
}

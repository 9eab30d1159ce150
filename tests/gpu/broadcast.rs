//! Learned parameters and masks of every shape that broadcasts to that of x, on devices that take
//! everything at once, and on some that must cut it.

use wgpu_activations::{
    Activation, AxisFunction, AxisInput, AxisShape, Dtype, Error, Gpu, LearnedParam, TensorArgs,
};

use crate::common::Random;
use crate::support::{DOWNLEVEL_BUFFERS, gpu, gpu_with, refusal, run, small_buffers, tiny};

const PRELU: Activation = Activation::Prelu { weight: 9.0 };

/// The index of the value that element i of a shape has, if values of another shape are broadcast
/// to it.
fn place(i: usize, values: &[usize], shape: &[usize]) -> usize {
    let (mut rest, mut place, mut stride) = (i, 0, 1);
    for (position, &size) in shape.iter().enumerate().rev() {
        let own = (position + values.len()).checked_sub(shape.len());
        let own = own.map_or(1, |position| values[position]);
        place += rest % size % own * stride;
        (rest, stride) = (rest / size, stride * own);
    }
    place
}

/// A shape that broadcasts to another one.
fn broadcastable(shape: &[usize], random: &mut Random) -> Vec<usize> {
    let missing = random.bits() as usize % (shape.len() + 1);
    let sizes = shape[missing..].iter();
    let sizes: Vec<_> = sizes
        .map(|&size| {
            if random.bits().is_multiple_of(2) {
                1
            } else {
                size
            }
        })
        .collect();
    // One dimension alone would be that of the channels.
    match sizes[..] {
        [size] if shape.len() > 1 => vec![1, size],
        _ => sizes,
    }
}

fn elements(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Every pass of selu, with an alpha and a scale of these shapes, is the f64 reference of each
/// element, and each gradient the sum over what was broadcast.
fn check(gpu: &Gpu, shape: &[usize], of_alpha: &[usize], of_scale: &[usize]) -> Result<(), Error> {
    let mut random = Random(elements(shape) as u64);
    let what = format!("{of_alpha:?} and {of_scale:?} to {shape:?}");
    let count = elements(shape);
    let (x, grad) = (random.vector(count), random.vector(count));
    let [alpha, scale] = [of_alpha, of_scale].map(|shape| random.vector(elements(shape)));
    let [x_tensor, grad_tensor] = [&x, &grad].map(|values| gpu.upload(values, shape));
    let (x_tensor, grad_tensor) = (x_tensor?, grad_tensor?);
    let (alpha_tensor, scale_tensor) =
        (gpu.upload(&alpha, of_alpha)?, gpu.upload(&scale, of_scale)?);
    let learned = [("alpha", &alpha_tensor), ("scale", &scale_tensor)];
    let inputs = || TensorArgs::from((&x_tensor, learned));
    let here = |i: usize| Activation::Selu {
        alpha: alpha[place(i, of_alpha, shape)],
        scale: scale[place(i, of_scale, shape)],
    };

    let y = gpu.forward(Activation::SELU, inputs())?;
    let grad_x = gpu.backward(Activation::SELU, inputs(), &grad_tensor)?;
    let [second, _] =
        gpu.double_backward(Activation::SELU, inputs(), &grad_tensor, &grad_tensor)?;
    let [y, grad_x, second] = gpu.read_blocking([&y, &grad_x, &second])?;
    for i in 0..count {
        let (x, grad) = (f64::from(x[i]), f64::from(grad[i]));
        let wanted = [
            here(i).forward(x),
            here(i).backward(x, grad),
            here(i).second_derivative(x) * grad * grad,
        ];
        for (got, wanted) in [y[i], grad_x[i], second[i]].into_iter().zip(wanted) {
            // 4 ulp of the function, and three products.
            let most = 8.0 * 2f64.powi(-23) * wanted.abs();
            assert!(
                (f64::from(got) - wanted).abs() <= most,
                "{what}, {i}: {got}, wanted {wanted}"
            );
        }
    }

    for (name, values, of_values) in [("alpha", &alpha, of_alpha), ("scale", &scale, of_scale)] {
        let gradient = gpu.backward_parameter(Activation::SELU, name, inputs(), &grad_tensor)?;
        assert_eq!(gradient.shape(), of_values, "{what}");
        let [gradient] = gpu.read_blocking([&gradient])?;
        let mut wanted = vec![(0.0, 0.0); values.len()];
        for i in 0..count {
            let derivative = here(i).parameter_derivative(name, x[i].into());
            let term = derivative.expect("it can be learned") * f64::from(grad[i]);
            let (sum, scale) = &mut wanted[place(i, of_values, shape)];
            (*sum, *scale) = (*sum + term, *scale + term.abs());
        }
        for (got, (sum, scale)) in gradient.into_iter().zip(wanted) {
            // A derivative is off by a few ulp, and sums round at each of at most 17 levels.
            let most = scale * 22.0 * 2f64.powi(-24);
            assert!(
                (f64::from(got) - sum).abs() <= most,
                "{what}, {name}: {got}, wanted {sum}"
            );
        }
    }
    Ok(())
}

const SHAPES: [&[usize]; 12] = [
    &[],
    &[5],
    &[0],
    &[1, 7],
    &[4, 6],
    &[2, 0, 3],
    &[0, 3],
    &[2, 3, 4],
    &[3, 1, 5],
    &[2, 3, 4, 5],
    &[2, 3, 2, 2, 3],
    &[2, 2, 1, 3, 2, 2, 2],
];

/// Every element has its own parameter, or all share one, or anything between.
fn check_all(gpu: &Gpu, shapes: &[&[usize]], tries: u64) -> Result<(), Error> {
    let mut random = Random(61);
    for &shape in shapes {
        check(gpu, shape, shape, &[1])?;
        for _ in 0..tries {
            let [alpha, scale] = [0; 2].map(|_| broadcastable(shape, &mut random));
            check(gpu, shape, &alpha, &scale)?;
        }
    }
    Ok(())
}

#[test]
fn parameters_of_every_shape() -> Result<(), Error> {
    check_all(gpu(), &SHAPES, 12)
}

/// Bindings of 448 elements, and four of them: parameters, x and partial sums are all cut.
#[test]
fn parameters_past_one_binding() -> Result<(), Error> {
    let tiny = tiny(DOWNLEVEL_BUFFERS);
    check_all(&tiny, &SHAPES, 4)?;
    for (shape, alpha) in [
        (&[2, 1000][..], &[1, 1000][..]),
        (&[2, 1000], &[2, 1]),
        (&[3, 500], &[3, 500]),
        (&[2, 600, 2], &[600, 1]),
        (&[3, 2, 700], &[3, 1, 700]),
        (&[5, 30, 9], &[5, 1, 9]),
        (&[2, 3, 4, 50], &[2, 1, 4, 1]),
        (&[500, 2, 3], &[500, 1, 3]),
        (&[2, 0, 3], &[0, 1]),
        (&[3000], &[1]),
    ] {
        check(&tiny, shape, alpha, &[1])?;
        check(&tiny, shape, alpha, alpha)?;
        check(&tiny, shape, &[], alpha)?;
    }
    Ok(())
}

/// Buffers of 64 KiB: x and parameters of its shape lie in several.
#[test]
fn parameters_in_several_buffers() -> Result<(), Error> {
    let small = gpu_with(small_buffers());
    for (shape, alpha) in [
        (&[7, 3, 1500][..], &[7, 3, 1500][..]),
        (&[7, 3, 1500], &[3, 1]),
        (&[7, 3, 1500], &[7, 1, 1]),
        (&[7, 3, 1500], &[7, 1, 1500]),
        (&[20_000, 2], &[1, 2]),
        (&[20_000, 2], &[1]),
    ] {
        check(&small, shape, alpha, &[1])?;
        check(&small, shape, &[], alpha)?;
    }
    Ok(())
}

/// A parameter of one dimension is one of channels: those of dimension 1, as in PyTorch, or of the
/// dimension that is asked for. If their number differs, it is broadcast.
#[test]
fn one_dimension_is_that_of_the_channels() -> Result<(), Error> {
    let x = gpu().upload(&[-1.0; 27], [3, 3, 3])?;
    let y = |weight: &[f32], axis: Option<isize>, shape: &[usize]| -> Result<Vec<f32>, Error> {
        let (x, weight) = (
            x.view().narrow(2, 0, shape[2])?,
            gpu().upload(weight, [weight.len()])?,
        );
        let inputs = TensorArgs::from((x, &weight));
        let inputs = match axis {
            None => inputs,
            Some(axis) => inputs.along(axis),
        };
        let [y] = gpu().read_blocking([&gpu().forward(PRELU, inputs)?])?;
        Ok(y)
    };
    let by_channel = [-1.0, -1.0, -1.0, -2.0, -2.0, -2.0, -3.0, -3.0, -3.0];
    assert_eq!(y(&[1.0, 2.0, 3.0], None, &[3, 3, 3])?[..9], by_channel);
    assert_eq!(y(&[1.0, 2.0, 3.0], Some(0), &[3, 3, 3])?[..9], [-1.0; 9]);
    assert_eq!(
        y(&[1.0, 2.0, 3.0], Some(-1), &[3, 3, 3])?[..3],
        [-1.0, -2.0, -3.0]
    );
    assert_eq!(y(&[1.0, 2.0], None, &[3, 3, 2])?[..3], [-1.0, -2.0, -1.0]);
    assert_eq!(
        refusal(y(&[1.0, 2.0], Some(1), &[3, 3, 2])),
        "weight: the shape is [2], but it must broadcast to [3, 3, 2], the shape of x, or be [3], a value for each \
         index of dimension 1"
    );
    Ok(())
}

/// The weights of fault reports: along the last dimension, and of the last two, as ONNX's PRelu has
/// them; and no channels at all.
#[test]
fn shapes_of_onnx() -> Result<(), Error> {
    let x = gpu().upload(&[-1.0; 18], [1, 3, 2, 3])?;
    let weight = gpu().upload(&[1.0, 10.0, 100.0], [1, 1, 1, 3])?;
    let y = gpu().forward(PRELU, (&x, &weight))?;
    let grad = gpu().backward_parameter(PRELU, "weight", (&x, &weight), &x)?;
    let [y, grad] = gpu().read_blocking([&y, &grad])?;
    assert!(y.chunks(3).all(|row| row == [-1.0, -10.0, -100.0]));
    assert_eq!(grad, [6.0; 3]);
    let x = gpu().upload::<f32>(&[], [2, 0, 3])?;
    let weight = gpu().upload::<f32>(&[], [0])?;
    assert_eq!(gpu().forward(PRELU, (&x, &weight))?.shape(), [2, 0, 3]);
    let grad = gpu().backward_parameter(PRELU, "weight", (&x, &weight), &x)?;
    assert_eq!(grad.shape(), [0]);
    let wrong = gpu().upload(&[1.0; 4], [2, 2])?;
    assert_eq!(
        refusal(gpu().forward(PRELU, (&gpu().upload(&[1.0; 6], [2, 3])?, &wrong))),
        "weight: the shape is [2, 2], but it must broadcast to [2, 3], the shape of x, or be [3], a value for each \
         index of dimension 1"
    );
    Ok(())
}

/// The low-level API takes slices of any offset, and views.
#[test]
fn slices_are_broadcast() -> Result<(), Error> {
    let mut random = Random(62);
    let (x, weight) = (random.vector(24), random.vector(8));
    let (x_tensor, y) = (
        gpu().upload(&x, [2, 3, 4])?,
        gpu().upload(&[0.0; 24], [4, 3, 2])?,
    );
    let weights = gpu().upload(&[&[9.0][..], &weight].concat(), [9])?;
    let weights = weights.slice()?;
    let weights = wgpu_activations::Slice::new(weights.buffer, 4, 32);
    gpu().submit()?;
    // x transposed to [4, 3, 2], and a weight of shape [4, 1, 2].
    let transposed = x_tensor.slice()?.strided(&[4, 3, 2], &[1, 4, 12])?;
    let learned = LearnedParam::broadcast(weights, &[4, 1, 2], &[4, 3, 2])?;
    run(&gpu()
        .kernels()
        .forward(PRELU, (transposed, learned), y.slice()?)?);
    let [y] = gpu().read_blocking([&y])?;
    for (i, &y) in y.iter().enumerate() {
        let (a, b, c) = (i / 6, i / 2 % 3, i % 2);
        let x = x[c * 12 + b * 4 + a];
        assert_eq!(y, if x > 0.0 { x } else { weight[a * 2 + c] * x }, "{i}");
    }
    assert_eq!(
        refusal(LearnedParam::broadcast(weights, &[4, 2], &[4, 3])),
        "values: the shape is [4, 2], but it must broadcast to [4, 3], the shape of x"
    );
    assert_eq!(
        refusal(LearnedParam::broadcast(weights, &[4], &[3, 4])),
        "values: there are 8 elements, but there must be 4"
    );
    let huge = LearnedParam::broadcast(weights, &[1, 8], &[u64::MAX, 8])?;
    let x = x_tensor.slice()?;
    assert_eq!(
        refusal(gpu().kernels().forward(PRELU, (x, huge), x)),
        format!(
            "weight: there are {} elements, but there must be 24",
            u64::MAX
        )
    );
    Ok(())
}

/// The functions that take a mask.
const MASKED: [AxisFunction; 5] = [
    AxisFunction::SOFTMAX,
    AxisFunction::LOG_SOFTMAX,
    AxisFunction::SOFTMIN,
    AxisFunction::Sparsemax,
    AxisFunction::Entmax15,
];

/// Softmax of x with a mask of this shape is that of their sum, and with a boolean mask that of the
/// elements that count. So are all functions that take a mask; that of softmin is added to -x.
fn check_mask(
    gpu: &Gpu,
    functions: &[AxisFunction],
    shape: &[usize],
    axis: isize,
    of_mask: &[usize],
) -> Result<(), Error> {
    let mut random = Random(elements(of_mask) as u64 + 1);
    let what = format!("{of_mask:?} to {shape:?} along {axis}");
    let x = random.vector(elements(shape));
    let mask = random.vector(elements(of_mask));
    let counts: Vec<bool> = mask.iter().map(|&mask| mask > -2.0).collect();
    let x_tensor = gpu.upload(&x, shape)?;
    let numbers = gpu.upload(&mask, of_mask)?;
    let booleans = gpu.upload(&counts, of_mask)?;
    assert_eq!(booleans.dtype(), Dtype::Bf16);
    // Masks of words, as others have them: 1 is a subnormal number.
    let words = counts.iter().map(|&counts| f32::from_bits(counts.into()));
    let words = gpu.upload(&words.collect::<Vec<_>>(), of_mask)?;
    let rows = AxisShape::along(shape, axis)?;
    for &function in functions {
        let sign = if function == AxisFunction::SOFTMIN {
            -1.0
        } else {
            1.0
        };
        let at = |i: usize| place(i, of_mask, shape);
        let elements = || x.iter().enumerate();
        let sums: Vec<f32> = elements()
            .map(|(i, x)| sign * (sign * x + mask[at(i)]))
            .collect();
        let chosen: Vec<f32> = elements()
            .map(|(i, &x)| {
                if counts[at(i)] {
                    x
                } else {
                    -sign * f32::INFINITY
                }
            })
            .collect();
        for (input, wanted) in [
            (AxisInput::new(&x_tensor).mask(&numbers), &sums),
            (AxisInput::new(&x_tensor).boolean_mask(&booleans), &chosen),
            (AxisInput::new(&x_tensor).boolean_mask(&words), &chosen),
        ] {
            let y = gpu.forward_axis(function, axis, input)?;
            let [y] = gpu.read_blocking([&y])?;
            let wanted: Vec<f64> = wanted.iter().map(|&x| x.into()).collect();
            let wanted = function.forward(rows, &wanted)?;
            for (i, (got, wanted)) in y.into_iter().zip(wanted).enumerate() {
                // Where log_softmax is near 0, its error is relative to its terms. That of a result
                // just above a threshold is relative to the largest one.
                let least = match function {
                    function if function == AxisFunction::LOG_SOFTMAX => 1.0,
                    AxisFunction::Sparsemax | AxisFunction::Entmax15 => 1e-6,
                    _ => 0.0,
                };
                let is_close = f64::from(got) == wanted
                    || (f64::from(got) - wanted).abs() <= 1e-6 * wanted.abs().max(least);
                assert!(
                    is_close || wanted.is_nan() && got.is_nan(),
                    "{function}, {what}, {i}: {got}, wanted {wanted}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn masks_of_every_shape() -> Result<(), Error> {
    let mut random = Random(63);
    for (of_mask, axis) in [
        (&[1, 1, 4, 4][..], -1),
        (&[2, 1, 4, 4], -1),
        (&[2, 1, 1, 4], -1),
        (&[1, 4], -1),
        (&[], 1),
        (&[2, 3, 4, 4], 2),
    ] {
        check_mask(gpu(), &MASKED, &[2, 3, 4, 4], axis, of_mask)?;
    }
    for shape in [
        &[2, 3, 5][..],
        &[3, 40],
        &[2, 1, 7, 3],
        &[2, 2, 600],
        &[3, 0, 2],
    ] {
        for axis in 0..shape.len() as isize {
            for _ in 0..4 {
                let of_mask = broadcastable(shape, &mut random);
                check_mask(gpu(), &MASKED, shape, axis, &of_mask)?;
            }
        }
    }
    Ok(())
}

/// Buffers of 64 KiB: x and masks of its shape lie in several.
#[test]
fn masks_in_several_buffers() -> Result<(), Error> {
    let small = gpu_with(small_buffers());
    for of_mask in [
        &[7, 3, 1500][..],
        &[3, 1500],
        &[7, 1, 1],
        &[7, 1, 1500],
        &[1500],
    ] {
        check_mask(&small, &MASKED, &[7, 3, 1500], 2, of_mask)?;
    }
    Ok(())
}

#[test]
fn masks_of_every_shape_past_one_binding() -> Result<(), Error> {
    let tiny = tiny(DOWNLEVEL_BUFFERS);
    for (shape, of_mask) in [
        (&[3, 5, 100][..], &[3, 1, 100][..]),
        (&[3, 5, 100], &[5, 1]),
        (&[2, 3, 4, 50], &[2, 1, 4, 50]),
        (&[2, 3, 4, 50], &[3, 1, 50]),
        (&[2, 2, 500], &[2, 1, 500]),
        (&[2, 700], &[1, 700]),
        (&[700, 2], &[700, 1]),
        (&[40, 3, 20], &[40, 1, 20]),
    ] {
        for axis in 0..shape.len() as isize {
            // A search in spans takes hundreds of dispatches: tests/gpu/axis/low_level.rs tries it.
            check_mask(&tiny, &MASKED[..3], shape, axis, of_mask)?;
        }
    }
    Ok(())
}

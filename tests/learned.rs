//! Several learned parameters at once, with one value or one for each channel, on any axis.

mod common;

use common::{Random, gpu};
use wgpu_activations::{Activation, Error, Tensor, TensorArgs};

const SHAPE: [usize; 3] = [5, 4, 30];

fn read(tensor: &Tensor) -> Vec<f32> {
    let [values] = gpu().read_blocking([tensor]).expect("a result");
    values
}

/// selu of x with alpha by channel of an axis and one scale, or the other way round.
fn check(axis: isize, is_alpha_by_channel: bool) -> Result<(), Error> {
    let mut random = Random(21);
    let elements: usize = SHAPE.iter().product();
    let (x, grad) = (random.vector(elements), random.vector(elements));
    let channels = SHAPE[axis as usize];
    let inner: usize = SHAPE[axis as usize + 1..].iter().product();
    let (many, one) = (random.vector(channels), random.vector(1));
    let (alpha, scale) = if is_alpha_by_channel {
        (&many, &one)
    } else {
        (&one, &many)
    };
    let upload = |values: &[f32]| gpu().upload(values, [values.len()]);
    let (x_tensor, grad_tensor) = (gpu().upload(&x, SHAPE)?, gpu().upload(&grad, SHAPE)?);
    let (alpha_tensor, scale_tensor) = (upload(alpha)?, upload(scale)?);
    // In any order.
    let learned = [("scale", &scale_tensor), ("alpha", &alpha_tensor)];
    let inputs = || TensorArgs::from((&x_tensor, learned)).along(axis);
    let at = Activation::Selu {
        alpha: 9.0,
        scale: 9.0,
    };

    let channel = |i: usize| i / inner % channels;
    let of = |values: &[f32], i: usize| values[if values.len() == 1 { 0 } else { channel(i) }];
    let here = |i: usize| Activation::Selu {
        alpha: of(alpha, i),
        scale: of(scale, i),
    };
    // Each element as it is where the values are the activation's own: another kernel, which may be fused in another way.
    let y = read(&gpu().forward(at, inputs())?);
    let grad_input = read(&gpu().backward(at, inputs(), &grad_tensor)?);
    let [grad_x, _] = gpu().double_backward(at, inputs(), &grad_tensor, &grad_tensor)?;
    let grad_x = read(&grad_x);
    for i in (0..elements).step_by(7) {
        let (x, grad) = (gpu().upload(&[x[i]], [1])?, gpu().upload(&[grad[i]], [1])?);
        let [second, _] = gpu().double_backward(here(i), &x, &grad, &grad)?;
        let wanted = [
            read(&gpu().forward(here(i), &x)?),
            read(&gpu().backward(here(i), &x, &grad)?),
            read(&second),
        ];
        for (got, wanted) in [y[i], grad_input[i], grad_x[i]].into_iter().zip(wanted) {
            assert!(
                (got - wanted[0]).abs() <= 1e-6 * wanted[0].abs(),
                "element {i}: got {got}, wanted {}",
                wanted[0]
            );
        }
    }

    for (name, values) in [("alpha", alpha), ("scale", scale)] {
        let gradients = read(&gpu().backward_parameter(at, name, inputs(), &grad_tensor)?);
        assert_eq!(gradients.len(), values.len());
        for (k, got) in gradients.into_iter().enumerate() {
            let terms = (0..elements)
                .filter(|&i| values.len() == 1 || channel(i) == k)
                .map(|i| {
                    let derivative = here(i)
                        .parameter_derivative(name, x[i].into())
                        .expect("it can be learned");
                    derivative * f64::from(grad[i])
                });
            let (sum, magnitude) = terms.fold((0.0, 0.0), |(sum, all), term| {
                (sum + term, all + term.abs())
            });
            // A derivative's error of a few ulp, and a rounding for each of at most log2(1024) + 2 levels.
            assert!(
                (f64::from(got) - sum).abs() <= magnitude * 17.0 * 2f64.powi(-24),
                "{name} {k}: {got}, wanted {sum}"
            );
        }
    }
    Ok(())
}

#[test]
fn one_by_channel_and_one_for_all() -> Result<(), Error> {
    for axis in 0..3 {
        check(axis, true)?;
        check(axis, false)?;
    }
    Ok(())
}

/// A parameter that is no tensor has a gradient, too: a single number.
#[test]
fn the_gradient_of_the_activations_own_value() -> Result<(), Error> {
    let x = gpu().upload(&[-1.0, 2.0, -3.0, 0.5], [2, 2])?;
    let grad = gpu().upload(&[1.0, 1.0, 2.0, 1.0], [2, 2])?;
    let slope = Activation::LeakyRelu {
        negative_slope: 0.1,
    };
    let gradient = gpu().backward_parameter(slope, "negative_slope", &x, &grad)?;
    assert_eq!((gradient.shape(), read(&gradient)), (&[][..], vec![-7.0]));
    Ok(())
}

/// Where there is no second derivative the kernel needs no parameters, and takes them all the same.
#[test]
fn double_backward_takes_what_it_does_not_need() -> Result<(), Error> {
    let (x, one) = (
        gpu().upload(&[-1.0, 2.0, f32::NAN], [3])?,
        gpu().upload(&[1.0], [1])?,
    );
    for &activation in Activation::ALL
        .iter()
        .filter(|activation| !activation.info().is_smooth())
    {
        for parameter in activation
            .info()
            .parameters
            .iter()
            .filter(|parameter| parameter.is_learnable())
        {
            let [grad_x, _] =
                gpu().double_backward(activation, (&x, [(parameter.name, &one)]), &x, &x)?;
            let grad_x = read(&grad_x);
            assert!(
                grad_x[..2] == [0.0, 0.0] && grad_x[2].is_nan(),
                "{activation}, {}: {grad_x:?}",
                parameter.name
            );
        }
    }
    Ok(())
}

/// Channels of different numbers cannot be those of one tensor.
#[test]
fn channels_must_agree() -> Result<(), Error> {
    let kernels = gpu().kernels();
    let tensor = |length: usize| gpu().upload(&vec![1.0; length], [length]);
    let (x, y, alpha, scale) = (tensor(12)?, tensor(12)?, tensor(3)?, tensor(4)?);
    let learned = [
        wgpu_activations::LearnedParam::per_channel(alpha.slice()?, 1).named("alpha"),
        wgpu_activations::LearnedParam::per_channel(scale.slice()?, 1).named("scale"),
    ];
    let selu = Activation::Selu {
        alpha: 1.0,
        scale: 1.0,
    };
    let error = kernels
        .forward(selu, (x.slice()?, learned), y.slice()?)
        .expect_err("3 and 4 channels");
    assert_eq!(
        error.to_string(),
        "scale: there are 4 values, but there must be 1, or 3, one for each channel"
    );
    Ok(())
}

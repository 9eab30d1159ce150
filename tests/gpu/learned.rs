//! Several learned parameters at once, with one value or one for each channel, on any axis.

use wgpu_activations::{Activation, Error, LearnedParam, TensorArgs};

use crate::common::Random;
use crate::support::{gpu, read, run, upload};

const SHAPE: [usize; 3] = [5, 4, 30];

/// Checks selu of x with an alpha for each channel of an axis and one scale, or the other way
/// round.
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
    let (x_tensor, grad_tensor) = (gpu().upload(&x, SHAPE)?, gpu().upload(&grad, SHAPE)?);
    let (alpha_tensor, scale_tensor) = (upload(alpha)?, upload(scale)?);
    // Learned parameters may come in any order.
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
    // Each element must be near its result where the values are those of the activation itself.
    // That is another kernel, which may be fused in another way.
    let y = read(&gpu().forward(at, inputs())?);
    let grad_input = read(&gpu().backward(at, inputs(), &grad_tensor)?);
    let [grad_x, _] = gpu().double_backward(at, inputs(), &grad_tensor, &grad_tensor)?;
    let grad_x = read(&grad_x);
    for i in (0..elements).step_by(7) {
        let (x, grad) = (upload(&[x[i]])?, upload(&[grad[i]])?);
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
            let (sum, error_scale) = terms.fold((0.0, 0.0), |(sum, all), term| {
                (sum + term, all + term.abs())
            });
            // A derivative is off by a few ulp, and sums round at each of at most log2(1024) + 2
            // levels.
            assert!(
                (f64::from(got) - sum).abs() <= error_scale * 17.0 * 2f64.powi(-24),
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

/// A parameter that is no tensor has a gradient, too, which is a single number.
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

/// A kernel whose second derivative is 0 needs no parameters, but takes them.
#[test]
fn double_backward_takes_what_it_does_not_need() -> Result<(), Error> {
    let (x, one) = (upload(&[-1.0, 2.0, f32::NAN])?, upload(&[1.0])?);
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

/// The channels of one parameter need not be those of another.
#[test]
fn channels_may_differ() -> Result<(), Error> {
    let kernels = gpu().kernels();
    let mut random = Random(22);
    let [x, grad] = [0; 2].map(|_| random.vector(12));
    let (alpha, scale) = (random.vector(3), random.vector(4));
    let learned = [upload(&alpha)?, upload(&scale)?];
    let (x_tensor, grad_tensor, y) = (upload(&x)?, upload(&grad)?, upload(&[0.0; 12])?);
    let [grad_alpha, grad_scale] = [upload(&[0.0; 3])?, upload(&[0.0; 4])?];
    gpu().submit()?;
    let learned = [
        LearnedParam::per_channel(learned[0].slice()?, 1).named("alpha"),
        LearnedParam::per_channel(learned[1].slice()?, 1).named("scale"),
    ];
    let inputs = || (x_tensor.slice().expect("one buffer"), learned);
    run(&kernels.forward(Activation::SELU, inputs(), y.slice()?)?);
    for (name, gradient) in [("alpha", &grad_alpha), ("scale", &grad_scale)] {
        let (grad, to) = (grad_tensor.slice()?, gradient.slice()?);
        run(&kernels.backward_parameter(Activation::SELU, name, inputs(), grad, to)?);
    }
    let here = |i: usize| Activation::Selu {
        alpha: alpha[i % 3],
        scale: scale[i % 4],
    };
    let sum = |name, period: usize, k: usize| -> f64 {
        let elements = (0..12).filter(|i| i % period == k);
        let terms = elements.map(|i| {
            let derivative = here(i).parameter_derivative(name, x[i].into());
            derivative.expect("it can be learned") * f64::from(grad[i])
        });
        terms.sum()
    };
    for (name, period, gradient) in [("alpha", 3, &grad_alpha), ("scale", 4, &grad_scale)] {
        for (k, got) in read(gradient).into_iter().enumerate() {
            let wanted = sum(name, period, k);
            assert!(
                (f64::from(got) - wanted).abs() < 1e-5,
                "{name} {k}: {got}, wanted {wanted}"
            );
        }
    }
    for (i, got) in read(&y).into_iter().enumerate() {
        let wanted = here(i).forward(x[i].into());
        assert!(
            (f64::from(got) - wanted).abs() <= 1e-6 * wanted.abs(),
            "{i}: {got}, wanted {wanted}"
        );
    }
    Ok(())
}

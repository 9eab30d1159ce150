//! Training mode: dropout and random slopes are the same on every device.

use wgpu_activations::{Activation, Error, TensorArgs, TrainingMode};

use crate::common::Random;
use crate::support::{bits, gpu, read, refusal, upload};

const RRELU: Activation = Activation::Rrelu {
    lower: 0.125,
    upper: 0.25,
};

/// Factors that are powers of two change no digit, so results have the bits of the references,
/// rounded to f32. With some offsets a thread takes four elements, with others one, and some cross
/// the lower half of the counter.
#[test]
fn dropout_has_the_same_bits_everywhere() -> Result<(), Error> {
    let (x, grad_output) = (Random(15).vector(5003), Random(16).vector(5003));
    let (tensor, grad) = (upload(&x)?, upload(&grad_output)?);
    for (seed, offset) in [
        (0, 0),
        (7, 4),
        (u64::MAX, 3),
        (1 << 40, (1 << 34) - 400),
        (3, (1 << 34) - 401),
        (5, u64::MAX - 50),
    ] {
        for dropout in [0.0, 0.5, 0.75, 1.0] {
            let training = TrainingMode {
                seed,
                offset,
                dropout,
            };
            let y = read(&gpu().forward_training(Activation::Relu, training, &tensor)?);
            let grad_x =
                read(&gpu().backward_training(Activation::Relu, training, &tensor, &grad)?);
            let wanted = (0..)
                .zip(&x)
                .map(|(i, &x)| training.forward(Activation::Relu, x.into(), i) as f32);
            assert_eq!(bits(&y), bits(&wanted.collect::<Vec<_>>()), "{training:?}");
            let wanted = (0..).zip(x.iter().zip(&grad_output));
            let wanted = wanted.map(|(i, (&x, &grad))| {
                training.backward(Activation::Relu, x.into(), grad.into(), i) as f32
            });
            assert_eq!(
                bits(&grad_x),
                bits(&wanted.collect::<Vec<_>>()),
                "{training:?}"
            );
        }
    }
    Ok(())
}

#[test]
fn slopes_have_the_same_bits_everywhere() -> Result<(), Error> {
    // A power of two leaves the digits of the slope that multiplies it.
    let x = vec![-4.0; 4099];
    let (tensor, ones) = (upload(&x)?, upload(&[1.0; 4099])?);
    for (seed, offset) in [(1, 0), (2, 5)] {
        let training = TrainingMode {
            seed,
            offset,
            dropout: 0.0,
        };
        let y = read(&gpu().forward_training(RRELU, training, &tensor)?);
        let slopes = read(&gpu().backward_training(RRELU, training, &tensor, &ones)?);
        let wanted: Vec<_> = (0..4099)
            .map(|i| training.forward(RRELU, -4.0, i) as f32)
            .collect();
        assert_eq!(bits(&y), bits(&wanted));
        assert_eq!(
            bits(&y),
            bits(&slopes.iter().map(|slope| -4.0 * slope).collect::<Vec<_>>())
        );
        // Slopes are uniform from 1/8 to 1/4. The mean of 4099 has a standard deviation of 1/8 /
        // sqrt(12 * 4099) = 5.6e-4.
        let mean = slopes.iter().sum::<f32>() / 4099.0;
        assert!((mean - 0.1875).abs() < 5.0 * 5.6e-4, "{mean}");
        assert!(slopes.iter().all(|slope| (0.125..0.25).contains(slope)));
    }
    Ok(())
}

#[test]
fn as_many_are_dropped_as_asked_for() -> Result<(), Error> {
    let n = 1 << 20;
    let x = upload(&vec![1.0; n])?;
    for dropout in [0.1, 0.5, 0.9] {
        let y = read(&gpu().forward_training(
            Activation::Relu,
            TrainingMode {
                seed: 42,
                offset: 0,
                dropout,
            },
            &x,
        )?);
        let dropped = y.iter().filter(|&&y| y == 0.0).count() as f64 / n as f64;
        let p = f64::from(dropout);
        // Five standard deviations of a binomial distribution.
        assert!(
            (dropped - p).abs() < 5.0 * (p * (1.0 - p) / n as f64).sqrt(),
            "{dropped} instead of {p}"
        );
        let mean = y.iter().map(|&y| f64::from(y)).sum::<f64>() / n as f64;
        assert!(
            (mean - 1.0).abs() < 5.0 * (p / (1.0 - p) / n as f64).sqrt(),
            "the mean of ones is {mean}"
        );
    }
    Ok(())
}

#[test]
fn other_activations_and_learned_parameters() -> Result<(), Error> {
    let training = TrainingMode {
        seed: 9,
        offset: 2,
        dropout: 0.5,
    };
    let x = Random(17).vector(600);
    let tensor = gpu().upload(&x, [2, 3, 100])?;
    let alpha = upload(&[0.5, 1.0, 2.0])?;
    let inputs = || TensorArgs::from((&tensor, [("weight", &alpha)]));
    let prelu = Activation::Prelu { weight: 0.0 };
    let [y, plain] = [
        gpu().forward_training(prelu, training, inputs())?,
        gpu().forward(prelu, inputs())?,
    ];
    for (i, (y, plain)) in (0..).zip(read(&y).into_iter().zip(read(&plain))) {
        let kept = training.forward(Activation::Relu, 1.0, i) as f32;
        assert_eq!(y, kept * plain);
    }
    // Without dropout results are those of forward, bit for bit. NaN is never dropped.
    let none = TrainingMode {
        dropout: 0.0,
        ..training
    };
    let [y, plain] = [
        gpu().forward_training(Activation::Gelu, none, &tensor)?,
        gpu().forward(Activation::Gelu, &tensor)?,
    ];
    assert_eq!(bits(&read(&y)), bits(&read(&plain)));
    let nan = upload(&[f32::NAN; 64])?;
    let all = TrainingMode {
        dropout: 1.0,
        ..training
    };
    assert!(
        read(&gpu().forward_training(Activation::Gelu, all, &nan)?)
            .iter()
            .all(|y| y.is_nan())
    );
    Ok(())
}

#[test]
fn dropout_is_a_probability() -> Result<(), Error> {
    let x = upload(&[1.0])?;
    for (dropout, text) in [(-0.1, "-0.1"), (1.5, "1.5"), (f32::NAN, "NaN")] {
        let training = TrainingMode {
            dropout,
            ..TrainingMode::default()
        };
        assert_eq!(
            refusal(gpu().forward_training(Activation::Relu, training, &x)),
            format!("dropout: it must be from 0 to 1, got {text}")
        );
    }
    Ok(())
}

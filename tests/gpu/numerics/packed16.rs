//! Every f16 and every bf16 through every activation: results are rounded to the nearest.

use wgpu_activations::Error;
use wgpu_activations::half::{bf16, f16};

use crate::common::{SMALLEST_NORMAL, Truth, activations, is_full, key_inputs};
use crate::packed16::{Half, all, exponent};
use crate::support::gpu;

/// Compares results for 16-bit x with the truth, and counts those that are not the nearest. Each of
/// these must be nearly a tie: the f32 that is rounded is at most 4 ulp of its error scale off. A
/// subnormal f32 may count as a zero of its sign.
fn misrounded<T: Half>(name: &str, x: &[T], got: &[f32], truth: impl Fn(f64) -> Truth) -> usize {
    let is_nearest = |got: f32, wanted: f64| {
        let nearest = T::rounded(wanted).value();
        f64::from(got) == nearest || got.is_nan() && nearest.is_nan()
    };
    let is_near = |got: f32, wanted: Truth| {
        let largest = wanted.value.abs().max(wanted.magnitude);
        let of_f32 = 4.0 * 2f64.powi(exponent(largest).max(-126) - 23);
        let flushed = if wanted.value.abs() <= SMALLEST_NORMAL {
            SMALLEST_NORMAL
        } else {
            0.0
        };
        let most = 0.5 * T::ulp(wanted.value) + of_f32 + flushed;
        (f64::from(got) - wanted.value).abs() <= most
    };
    let mut count = 0;
    for (x, &got) in x.iter().map(|x| x.value()).zip(got) {
        let wanted = truth(x);
        if is_nearest(got, wanted.value) {
            continue;
        }
        count += 1;
        let is_subnormal = x != 0.0 && x.abs() < SMALLEST_NORMAL;
        let is_right = is_near(got, wanted)
            || is_subnormal && {
                let of_zero = truth(0f64.copysign(x));
                is_nearest(got, of_zero.value) || is_near(got, of_zero)
            };
        assert!(
            is_right,
            "{name} of {x:e}: {got:e} instead of {:e}",
            wanted.value
        );
    }
    count
}

fn every_half<T: Half>() -> Result<(), Error> {
    let x: Vec<T> = if is_full() { all() } else { some() };
    let (tensor, ones) = (
        gpu().upload(&x, [x.len()])?,
        gpu().upload(&vec![T::rounded(1.0); x.len()], [x.len()])?,
    );
    for activation in activations() {
        let forward = gpu().forward(activation, &tensor)?;
        let backward = gpu().backward(activation, &tensor, &ones)?;
        assert_eq!((forward.dtype(), backward.dtype()), (T::DTYPE, T::DTYPE));
        let [forward, backward] = gpu().read_blocking([&forward, &backward])?;
        let name = format!("{activation} in {}", T::DTYPE);
        let forward = misrounded(&name, &x, &forward, |x| Truth::forward(activation, x));
        let backward = misrounded(&format!("{name}, backward,"), &x, &backward, |x| {
            Truth::backward(activation, x, 1.0)
        });
        println!(
            "{name}: {forward} and {backward} of {} results are not the nearest, but nearly ties",
            x.len()
        );
    }
    Ok(())
}

/// The key inputs of f32, rounded, and one in 29 of all values.
fn some<T: Half>() -> Vec<T> {
    key_inputs()
        .map(T::of_f32)
        .chain(all().into_iter().step_by(29))
        .collect()
}

#[test]
fn every_f16() -> Result<(), Error> {
    every_half::<f16>()
}

#[test]
fn every_bf16() -> Result<(), Error> {
    every_half::<bf16>()
}

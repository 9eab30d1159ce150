//! 16-bit types, and the errors of their results.

use wgpu_activations::Element;
use wgpu_activations::half::{bf16, f16};

use crate::common::{SMALLEST_NORMAL, Truth};

/// A 16-bit type.
pub trait Half: Element {
    fn from_bits(bits: u16) -> Self;
    fn of_f32(value: f32) -> Self;
    fn rounded(value: f64) -> Self;
    fn value(self) -> f64;
    /// The distance of neighbours in the binade of a value.
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

/// Every value of a type.
pub fn all<T: Half>() -> Vec<T> {
    (0..=u16::MAX).map(T::from_bits).collect()
}

/// The bound of 16-bit results, in ulp of their type.
const MOST_ULPS: f64 = 0.51;

/// True if a result of a type may be rounded from this f32, which is off by less than the bound, or
/// from one that was computed for this type alone.
pub fn may_be_rounded<T: Half>(got: f32, from: f32) -> bool {
    let (got, from) = (f64::from(got), f64::from(from));
    // The f32 is off by 4 ulp at most, 2^-21 of it.
    let most = MOST_ULPS * T::ulp(from) + from.abs() * 2f64.powi(-21);
    (got - from).abs() <= most || got == T::rounded(from).value() || got.is_nan() && from.is_nan()
}

/// Compares results for 16-bit x with the truth, and counts those that are not the nearest. These
/// must be within the bound, or within 4 ulp of f32 where the error scale is larger than the result.
/// A subnormal f32 may count as a zero of its sign.
pub fn misrounded<T: Half>(
    name: &str,
    x: &[T],
    got: &[f32],
    truth: impl Fn(f64) -> Truth,
) -> usize {
    let is_nearest = |got: f32, wanted: f64| {
        let nearest = T::rounded(wanted).value();
        f64::from(got) == nearest || got.is_nan() && nearest.is_nan()
    };
    let is_near = |got: f32, wanted: Truth| {
        let ulp = T::ulp(wanted.value);
        let scale = 2f64.powi(exponent(wanted.magnitude).max(-126) - 23);
        let more = ((MOST_ULPS - 0.5) * ulp).max(4.0 * scale);
        let flushed = if wanted.value.abs() <= SMALLEST_NORMAL {
            SMALLEST_NORMAL
        } else {
            0.0
        };
        let most = 0.5 * ulp + more + flushed;
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

//! The measure of errors: units in the last place of the true value.

/// The smallest normal f32.
pub const SMALLEST_NORMAL: f64 = f32::MIN_POSITIVE as f64;

/// The distance of neighbouring f32 numbers in the binade of a normal number.
fn ulp(value: f64) -> f64 {
    const BIAS: i32 = 1023;
    let exponent = ((value.to_bits() >> 52) & 0x7ff) as i32 - BIAS;
    f64::from_bits(((exponent.clamp(-126, 127) - 23 + BIAS) as u64) << 52)
}

/// The error of `got` in ulps of the true value's binade; infinite where no number of ulps would excuse it: a NaN or an
/// infinity out of place, a zero of the wrong sign.
///
/// Results below the smallest normal number may be off by that much, since devices may flush them: that counts as 0.
pub fn error(got: f32, wanted: f64) -> f64 {
    let right = |right: bool| if right { 0.0 } else { f64::INFINITY };
    // Halfway between the largest number and what would come after it.
    let overflow = f64::from(f32::MAX) + ulp(f64::from(f32::MAX)) / 2.0;
    if wanted.is_nan() || got.is_nan() {
        right(wanted.is_nan() && got.is_nan())
    } else if wanted.abs() >= overflow {
        // A result that rounds to infinity may still be the largest numbers, a few ulps away.
        if f64::from(got) == wanted.signum() * f64::INFINITY {
            0.0
        } else {
            (f64::from(got) - wanted).abs() / ulp(wanted)
        }
    } else if wanted == 0.0 {
        right(got == 0.0 && got.is_sign_negative() == wanted.is_sign_negative())
    } else if wanted.abs() < SMALLEST_NORMAL {
        right((f64::from(got) - wanted).abs() <= SMALLEST_NORMAL)
    } else {
        (f64::from(got) - wanted).abs() / ulp(wanted)
    }
}

/// The error for an input that the device may have flushed to zero if it is subnormal.
pub fn error_at(x: f32, got: f32, truth: impl Fn(f64) -> f64) -> f64 {
    let as_it_is = error(got, truth(f64::from(x)));
    if x.is_subnormal() { as_it_is.min(error(got, truth(f64::from(0f32.copysign(x))))) } else { as_it_is }
}

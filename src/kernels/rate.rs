//! The numbers that kernels need of a temperature. tests/cpu/hostile includes this file, too.

/// The bits of an f32 without the last 12 of its significand.
const UPPER_12_BITS: u32 = 0xffff_f000;

/// The bits of an f32 without its significand: a power of two, with the sign.
const POWER_OF_TWO_BITS: u32 = 0xff80_0000;

/// 1.5 * 2^23: a number that is added to it and subtracted again is rounded to a whole one.
const MAGIC: f32 = 12_582_912.0;

/// Returns four numbers. The first two are the parts of 4 / temperature. The first part has 12
/// bits, so that its products with other numbers of 12 bits are exact. The third is sign /
/// temperature. The fourth is a rounding constant: adding it and subtracting it again rounds a
/// number to a multiple of a power of two, which is 1/128 to 1/64 of the temperature.
pub(super) fn rate(temperature: f32, sign: f64) -> [f32; 4] {
    let quadruple = 4.0 / f64::from(temperature);
    let upper = f32::from_bits((quadruple as f32).to_bits() & UPPER_12_BITS);
    let rounding = f32::from_bits(temperature.to_bits() & POWER_OF_TWO_BITS) / 64.0 * MAGIC;
    [
        upper,
        (quadruple - f64::from(upper)) as f32,
        (sign / f64::from(temperature)) as f32,
        rounding,
    ]
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn rates_are_those_of_the_temperature() {
        for temperature in [2f32.powi(-10), 0.3, 1.0, 7.0, 1024.0] {
            let [upper, rest, whole, rounding] = rate(temperature, -1.0);
            let sum = (f64::from(upper) + f64::from(rest)) * f64::from(temperature);
            // 12 bits and 24 more, of which truncation may leave the first empty.
            assert!((sum - 4.0).abs() <= 4.0 * 2f64.powi(-35), "{temperature}");
            assert_eq!(whole, -1.0 / temperature);
            let rounded = (temperature + rounding) - rounding;
            assert!(
                (rounded - temperature).abs() <= temperature / 64.0,
                "{temperature}: {rounded}"
            );
        }
    }
}

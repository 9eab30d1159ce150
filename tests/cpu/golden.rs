//! The f64 references against true values, which scripts/golden.py has computed from the
//! definitions with 300 digits.

use std::collections::BTreeSet;

use wgpu_activations::Activation;

/// f64 loses 2^-44 in the tails, where the rounding of an exponential's argument counts.
const RELATIVE: f64 = 1.0 / (1u64 << 40) as f64;

/// The terms of second derivatives and of derivatives with respect to parameters cancel, which
/// costs a few digits more.
const RELATIVE_OF_OTHERS: f64 = 1.0 / (1u64 << 32) as f64;

/// At the f32 numbers next to a derivative's zero f64 loses more: mish' loses 2^-26.2 at one of
/// them. That is still less than a quarter of the last place of an f32.
const RELATIVE_AT_ZERO: f64 = 1.0 / (1u64 << 26) as f64;

#[test]
fn references_are_true() -> Result<(), Box<dyn std::error::Error>> {
    let mut missing: BTreeSet<_> = Activation::list().iter().map(|info| info.name).collect();
    let mut failures = vec![];
    for row in csv::Reader::from_path("tests/golden.csv")?.deserialize() {
        let (text, kind, x, what, wanted): (String, String, String, String, f64) = row?;
        let activation: Activation = text.parse()?;
        missing.remove(activation.info().name);
        let x = f64::from(f32::from_bits(u32::from_str_radix(
            x.trim_start_matches("0x"),
            16,
        )?));
        let scales = activation.error_scale(x);
        let (got, error_scale, tolerance) = match what.as_str() {
            "forward" => (activation.forward(x), scales.forward, RELATIVE),
            "derivative" if kind == "zero" => (
                activation.derivative(x),
                scales.derivative,
                RELATIVE_AT_ZERO,
            ),
            "derivative" => (activation.derivative(x), scales.derivative, RELATIVE),
            "second_derivative" => (
                activation.second_derivative(x),
                scales.second_derivative,
                RELATIVE_OF_OTHERS,
            ),
            parameter => match activation.parameter_derivative(parameter, x) {
                Some(got) => (got, scales.parameters, RELATIVE_OF_OTHERS),
                None => continue,
            },
        };
        // `>` would let NaN pass. Below its normal numbers f64 has fewer digits.
        let right = (got - wanted).abs()
            <= tolerance * error_scale.max(wanted.abs()) + f64::MIN_POSITIVE
            || got.is_nan() && wanted.is_nan()
            || got == wanted;
        if !right {
            failures.push(format!(
                "{text} {what}({x:e}), {kind}: got {got:e}, wanted {wanted:e}"
            ));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(missing.is_empty(), "not in scripts/golden.py: {missing:?}");
    Ok(())
}

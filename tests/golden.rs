//! The f64 twins against true values, which scripts/golden.py has computed from the definitions with 300 digits.

use std::collections::BTreeSet;

use wgpu_activations::Activation;

/// What f64 loses in the tails, where the rounding of an exponential's argument counts, is 2^-44.
const RELATIVE: f64 = 1.0 / (1u64 << 40) as f64;

/// At the f32 numbers next to a derivative's zero an f64 has no more digits: mish' loses 2^-26.2 at one of them. Still less
/// than a quarter of the last place of an f32.
const RELATIVE_AT_ZERO: f64 = 1.0 / (1u64 << 26) as f64;

#[test]
fn twins_are_true() -> Result<(), Box<dyn std::error::Error>> {
    let mut missing: BTreeSet<_> = Activation::list().iter().map(|info| info.name).collect();
    let mut failures = vec![];
    for row in csv::Reader::from_path("tests/golden.csv")?.deserialize() {
        let (text, kind, x, forward, derivative): (String, String, String, f64, f64) = row?;
        let activation: Activation = text.parse()?;
        missing.remove(activation.info().name);
        let x = f64::from(f32::from_bits(u32::from_str_radix(x.trim_start_matches("0x"), 16)?));
        let of_derivative = if kind == "zero" { RELATIVE_AT_ZERO } else { RELATIVE };
        for (direction, got, wanted, tolerance) in [
            ("forward", activation.forward(x), forward, RELATIVE),
            ("derivative", activation.derivative(x), derivative, of_derivative),
        ] {
            // Not `>`, which NaN would pass.
            let right = (got - wanted).abs() <= tolerance * wanted.abs();
            if !right {
                failures.push(format!("{text} {direction}({x:e}), {kind}: got {got:e}, wanted {wanted:e}"));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(missing.is_empty(), "not in scripts/golden.py: {missing:?}");
    Ok(())
}

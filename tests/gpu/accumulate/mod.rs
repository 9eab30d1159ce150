//! Gradients that are added to what their tensors have: `grad += …`.

mod high_level;
mod low_level;
mod refused;

use wgpu_activations::Dtype;

use crate::support::{apart, bits, rounded};

const DTYPES: [Dtype; 3] = [Dtype::F32, Dtype::F16, Dtype::Bf16];

/// The numbers in a gradient before: their sums with others must be rounded.
fn before(dtype: Dtype, count: usize) -> Vec<f32> {
    let value = |i: usize| ((i * 37 + 5) % 101) as f32 * 2.75 - 100.0;
    (0..count).map(|i| rounded(dtype, value(i))).collect()
}

/// Fails unless these are the sums with gradients in f32, rounded once.
///
/// GL's compiler may regroup the terms of each kernel in another way. There a sum may be off by what
/// its terms lose, which is far less than a thousandth of the largest gradient, and by one unit of
/// its type.
fn assert_sums(name: &str, dtype: Dtype, got: &[f32], before: &[f32], gradient: &[f32]) {
    let sums = before.iter().zip(gradient);
    let wanted: Vec<_> = sums.map(|(a, b)| rounded(dtype, a + b)).collect();
    let largest = gradient
        .iter()
        .fold(0.0, |most, value| value.abs().max(most));
    let unit = match dtype {
        Dtype::F32 => 0.0,
        Dtype::F16 => 1.0 / 1024.0,
        _ => 1.0 / 128.0,
    };
    let is_near = |got: f32, wanted: f32| {
        apart() > 0 && (got - wanted).abs() <= 1e-3 * largest + unit * wanted.abs()
    };
    let differs = bits(got)
        .into_iter()
        .zip(bits(&wanted))
        .position(|(a, b)| a != b && !is_near(f32::from_bits(a), f32::from_bits(b)));
    assert_eq!(got.len(), wanted.len(), "{name}");
    if let Some(k) = differs {
        let (got, wanted, before, alone) = (got[k], wanted[k], before[k], gradient[k]);
        panic!("{name}, {dtype}, element {k}: {before} + {alone} is {got}, and not {wanted}");
    }
}

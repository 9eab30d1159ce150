//! Gradients that are added to what their tensors have: `grad += …`.

mod high_level;
mod low_level;
mod refused;

use wgpu_activations::Dtype;

use crate::support::{bits, rounded};

const DTYPES: [Dtype; 3] = [Dtype::F32, Dtype::F16, Dtype::Bf16];

/// What is in a gradient before: numbers of which sums with others must be rounded.
fn before(dtype: Dtype, count: usize) -> Vec<f32> {
    let value = |i: usize| ((i * 37 + 5) % 101) as f32 * 2.75 - 100.0;
    (0..count).map(|i| rounded(dtype, value(i))).collect()
}

/// Fails unless these are the sums with gradients in f32, rounded once.
fn assert_sums(name: &str, dtype: Dtype, got: &[f32], before: &[f32], gradient: &[f32]) {
    let sums = before.iter().zip(gradient);
    let wanted: Vec<_> = sums.map(|(a, b)| rounded(dtype, a + b)).collect();
    let differs = bits(got)
        .into_iter()
        .zip(bits(&wanted))
        .position(|(a, b)| a != b);
    assert_eq!(got.len(), wanted.len(), "{name}");
    if let Some(k) = differs {
        let (got, wanted, before, alone) = (got[k], wanted[k], before[k], gradient[k]);
        panic!("{name}, {dtype}, element {k}: {before} + {alone} is {got}, and not {wanted}");
    }
}

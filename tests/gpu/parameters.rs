//! Unusual parameters and the ends of clamps, as PyTorch has them. scripts/parameters.py has
//! computed the results in f64.

use std::error::Error;
use std::str::FromStr;

use wgpu_activations::{Activation, Glu};

use crate::common::error;
use crate::support::{backward, forward, gpu, read, upload};

/// The bound of a result, and twice as much for gradients of gated units, which are products.
const ULPS: f64 = 4.0;

/// The part of terms of up to about 100 that PyTorch's formulas lose in f64 where these cancel.
const LOST_IN_F64: f64 = 1.0 / (1u64 << 45) as f64;

fn numbers<T: FromStr>(text: &str) -> Result<Vec<T>, T::Err> {
    text.split_whitespace().map(str::parse).collect()
}

/// The results that are too far from PyTorch's. The sign of a zero is not compared.
fn far(what: &str, got: &[f64], wanted: &[f64], ulps: f64) -> Vec<String> {
    let results = got.iter().zip(wanted).enumerate();
    let far = results.filter(|(_, (got, wanted))| {
        let is_near = (*got - *wanted).abs() <= LOST_IN_F64 * wanted.abs().max(1.0);
        !is_near && error(**got as f32, **wanted) > ulps
    });
    far.map(|(i, (got, wanted))| format!("{what}, {i}: got {got:e}, wanted {wanted:e}"))
        .collect()
}

fn f64s(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

#[test]
fn results_are_those_of_pytorch() -> Result<(), Box<dyn Error>> {
    let mut failures = vec![];
    for row in csv::Reader::from_path("tests/parameters.csv")?.deserialize() {
        let (text, x, gate, y, grad_x, grad_gate): (
            String,
            String,
            String,
            String,
            String,
            String,
        ) = row?;
        let (x, gate) = (numbers::<f32>(&x)?, numbers::<f32>(&gate)?);
        let [y, grad_x, grad_gate] = [y, grad_x, grad_gate].map(|text| numbers::<f64>(&text));
        let (y, grad_x, grad_gate) = (y?, grad_x?, grad_gate?);
        let of = |what: &str| format!("{what} of {text}");
        if gate.is_empty() {
            let activation: Activation = text.parse()?;
            let ones = vec![1.0; x.len()];
            let on_cpu =
                |f: &dyn Fn(f64) -> f64| x.iter().map(|&x| f(x.into())).collect::<Vec<_>>();
            for (what, got, wanted) in [
                ("f", f64s(&forward(activation, &x)?), &y),
                ("f'", f64s(&backward(activation, &x, &ones)?), &grad_x),
                ("f on the CPU", on_cpu(&|x| activation.forward(x)), &y),
                (
                    "f' on the CPU",
                    on_cpu(&|x| activation.derivative(x)),
                    &grad_x,
                ),
            ] {
                failures.extend(far(&of(what), &got, wanted, ULPS));
            }
        } else {
            let glu: Glu = text.parse()?;
            let [value, gate_tensor, ones] =
                [upload(&x)?, upload(&gate)?, upload(&vec![1.0; x.len()])?];
            let output = gpu().glu(glu, &value, &gate_tensor)?;
            let [of_value, of_gate] = gpu().glu_backward(glu, &value, &gate_tensor, &ones)?;
            let pairs = || {
                x.iter()
                    .zip(&gate)
                    .map(|(&value, &gate)| (f64::from(value), f64::from(gate)))
            };
            let on_cpu = |side: usize| {
                pairs()
                    .map(|(value, gate)| glu.backward(value, gate, 1.0)[side])
                    .collect()
            };
            for (what, got, wanted) in [
                ("the output", f64s(&read(&output)), &y),
                ("the value's gradient", f64s(&read(&of_value)), &grad_x),
                ("the gate's gradient", f64s(&read(&of_gate)), &grad_gate),
                (
                    "the output on the CPU",
                    pairs()
                        .map(|(value, gate)| glu.forward(value, gate))
                        .collect(),
                    &y,
                ),
                ("the value's gradient on the CPU", on_cpu(0), &grad_x),
                ("the gate's gradient on the CPU", on_cpu(1), &grad_gate),
            ] {
                failures.extend(far(&of(what), &got, wanted, 2.0 * ULPS));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

//! Gated linear units with every activation, against their f64 references.

use wgpu_activations::{Activation, Error, Glu};

use crate::common::{Random, Truth, activations, error, full_or, specials, truth};
use crate::support::gpu;

/// The bound of a GLU: the gate's error of at most 4 ulp, which its own binade can double, and a
/// rounding for each product.
const ULPS: f64 = 2.0 * 4.0 + 2.0 * 0.5;

/// The bound of swiglu_oai, which has one more sum and two more products: three roundings, some of
/// which a binade can double.
const ULPS_OF_OAI: f64 = ULPS + 3.0;

fn units() -> Vec<Glu> {
    let others = [
        (1.702, 7.0),
        (0.5, 2.5),
        (-1.0, 100.0),
        (0.0, 1.0),
        (1.702, f32::INFINITY),
        (1.702, f32::NEG_INFINITY),
        (1.702, 0.0),
        (1.702, -2.0),
        (1e3, 0.5),
        (-1e-3, 3e38),
        (f32::INFINITY, 7.0),
    ]
    .map(|(alpha, limit)| Glu::SwigluOai { alpha, limit });
    activations()
        .into_iter()
        .map(Glu::With)
        .chain(others)
        .collect()
}

fn check(glu: Glu, what: &str, inputs: [f32; 3], got: f32, wanted: Truth) -> Result<(), String> {
    let ulps = if matches!(glu, Glu::With(_)) {
        ULPS
    } else {
        ULPS_OF_OAI
    };
    // The sign of a zero is not promised here.
    let is_zero = got == 0.0 && wanted.value == 0.0;
    let error = error(got, wanted);
    if is_zero || error <= ulps || has_lost_factor(glu, inputs) {
        return Ok(());
    }
    Err(format!(
        "{glu} {what} of {inputs:?}: got {got:e}, wanted {:e}, {error} ulp",
        wanted.value
    ))
}

/// True if a factor overflows or may be flushed before it is multiplied.
fn has_lost_factor(glu: Glu, inputs: [f32; 3]) -> bool {
    let [value, gate, _] = inputs.map(f64::from);
    let (activation, gate) = match glu {
        Glu::With(activation) => (activation, gate),
        Glu::SwigluOai { alpha, limit } => {
            (Activation::Swish { beta: alpha }, gate.min(limit.into()))
        }
        _ => unreachable!("there are two kinds of GLU"),
    };
    let of_gate = [activation.forward(gate), activation.derivative(gate)];
    let mut factors = of_gate.into_iter().chain(glu.backward(value, gate, 1.0));
    factors
        .any(|factor| factor.is_finite() && factor != 0.0 && !(1e-35..1e38).contains(&factor.abs()))
}

/// Gates take every special value. Values take those of ordinary size, whose products f32 can hold.
#[test]
fn every_glu_is_near_its_reference() -> Result<(), Error> {
    let mut random = Random(11);
    let specials: Vec<f32> = specials()
        .into_iter()
        .filter(|x| !x.is_subnormal())
        .collect();
    let pairs = specials
        .iter()
        .flat_map(|&a| specials.iter().map(move |&b| (a, b)));
    let moderate =
        |x: f32| x.is_nan() || x == 0.0 || x.is_infinite() || (1e-9..=1e9).contains(&x.abs());
    let (mut value, mut gate): (Vec<f32>, Vec<f32>) = pairs.filter(|&(a, _)| moderate(a)).unzip();
    for _ in 0..full_or(20_000, 1500) {
        value.push(random.between(-8.0, 8.0));
        gate.push(random.between(-20.0, 20.0));
    }
    let grad_output: Vec<f32> = value.iter().map(|_| random.between(-4.0, 4.0)).collect();
    let shape = [value.len()];
    let upload = |values: &[f32]| gpu().upload(values, shape);
    let tensors = [upload(&value)?, upload(&gate)?, upload(&grad_output)?];
    let mut failures = vec![];
    for glu in units() {
        let y = gpu().glu(glu, &tensors[0], &tensors[1])?;
        let [of_value, of_gate] = gpu().glu_backward(glu, &tensors[0], &tensors[1], &tensors[2])?;
        let [y, of_value, of_gate] = gpu().read_blocking([&y, &of_value, &of_gate])?;
        for i in 0..value.len() {
            let inputs = [value[i], gate[i], grad_output[i]];
            let [a, b, grad] = inputs.map(f64::from);
            let [wanted_value, wanted_gate] = glu.backward(a, b, grad);
            // The gate's errors are multiplied, and so is the scale that measures them.
            let error_scale = match glu {
                Glu::With(activation) => activation.error_scale(b),
                _ => Default::default(),
            };
            let truth = |value, error_scale: f64| truth(value, error_scale.abs());
            let wanted_y = truth(glu.forward(a, b), error_scale.forward * a);
            let wanted_value = truth(wanted_value, error_scale.forward * grad);
            let wanted_gate = truth(wanted_gate, error_scale.derivative * a * grad);
            failures.extend(check(glu, "output", inputs, y[i], wanted_y).err());
            failures
                .extend(check(glu, "value's gradient", inputs, of_value[i], wanted_value).err());
            failures.extend(check(glu, "gate's gradient", inputs, of_gate[i], wanted_gate).err());
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures: {:#?}",
        failures.len(),
        &failures[..failures.len().min(20)]
    );
    Ok(())
}

//! Gated linear units, and the errors of their results.

use wgpu_activations::{Activation, Glu, reference};

use crate::common::{Truth, activations, error, truth};

/// The bound of a GLU: the gate's error of at most 4 ulp, which its own binade can double, and a
/// rounding for each product.
const ULPS: f64 = 2.0 * 4.0 + 2.0 * 0.5;

/// The bound of swiglu_oai, which has one more sum and two more products: three roundings, some of
/// which a binade can double.
const ULPS_OF_OAI: f64 = ULPS + 3.0;

/// The bound of situglu, a product of three functions: each is at most 3.3 ulp off, which a binade can
/// double, and so are two roundings. That of the gate's gradient is relative to its larger term.
const ULPS_OF_SITU: f64 = 3.0 * 2.0 * 3.3 + 2.0 * 2.0 * 0.5;

pub fn units() -> Vec<Glu> {
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
    .map(|(alpha, limit)| Glu::SwigluOai {
        alpha,
        limit,
        offset: 1.0,
    });
    let with_offsets = [0.0, -0.5, 2.5].map(|offset| Glu::SwigluOai {
        alpha: 1.0,
        limit: 10.0,
        offset,
    });
    let caps = [
        (4.0, 25.0),
        (1.0, 2.5),
        (-3.0, 0.3),
        (0.0, 25.0),
        (4.0, 0.0),
        (f32::INFINITY, 25.0),
        (4.0, f32::NEG_INFINITY),
    ]
    .map(|(beta1, beta2)| Glu::SituGlu { beta1, beta2 });
    activations()
        .into_iter()
        .map(Glu::With)
        .chain(caps)
        .chain(others)
        .chain(with_offsets)
        .collect()
}

fn check(glu: Glu, what: &str, inputs: [f32; 3], got: f32, wanted: Truth) -> Result<(), String> {
    let ulps = match glu {
        Glu::With(_) => ULPS,
        Glu::SituGlu { .. } => ULPS_OF_SITU,
        _ => ULPS_OF_OAI,
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

/// The terms of situglu's derivative with respect to the gate, without the value's factor.
fn situglu_terms(gate: f64, beta1: f64) -> [f64; 2] {
    [
        reference::sigmoid(gate) * reference::softcap_derivative(gate, beta1),
        reference::scaled(
            reference::sigmoid_derivative(gate),
            reference::softcap(gate, beta1),
        ),
    ]
}

/// True if a factor overflows or may be flushed before it is multiplied.
fn has_lost_factor(glu: Glu, inputs: [f32; 3]) -> bool {
    let [value, gate, _] = inputs.map(f64::from);
    let of = |activation: Activation, x| [activation.forward(x), activation.derivative(x)];
    let of_inputs = match glu {
        Glu::With(activation) => of(activation, gate).to_vec(),
        Glu::SwigluOai { alpha, limit, .. } => {
            of(Activation::Swish { beta: alpha }, gate.min(limit.into())).to_vec()
        }
        Glu::SituGlu { beta1, beta2 } => [
            of(Activation::Sigmoid, gate),
            of(Activation::Softcap { cap: beta1 }, gate),
            of(Activation::Softcap { cap: beta2 }, value),
            situglu_terms(gate, beta1.into()),
        ]
        .concat(),
        _ => unreachable!("there are three kinds of GLU"),
    };
    let mut factors = of_inputs.into_iter().chain(glu.backward(value, gate, 1.0));
    factors
        .any(|factor| factor.is_finite() && factor != 0.0 && !(1e-35..1e38).contains(&factor.abs()))
}

/// Compares the output and the gradients of the value and of the gate with the truth. The inputs are
/// the value, the gate and `grad_output`.
pub fn failures_of_glu(glu: Glu, inputs: [f32; 3], got: [f32; 3]) -> impl Iterator<Item = String> {
    let [a, b, grad] = inputs.map(f64::from);
    let [wanted_value, wanted_gate] = glu.backward(a, b, grad);
    // The gate's errors are multiplied, and so is the scale that measures them.
    let error_scale = match glu {
        Glu::With(activation) => activation.error_scale(b),
        _ => Default::default(),
    };
    let (of_derivative, of_value) = match glu {
        Glu::SituGlu { beta1, beta2 } => {
            let [first, second] = situglu_terms(b, beta1.into());
            let value = reference::softcap(a, beta2.into());
            (first.abs().max(second.abs()), value)
        }
        _ => (error_scale.derivative, a),
    };
    let truth = |value, error_scale: f64| truth(value, error_scale.abs());
    let wanted_y = truth(glu.forward(a, b), error_scale.forward * a);
    let wanted_value = truth(wanted_value, error_scale.forward * grad);
    let wanted_gate = truth(wanted_gate, of_derivative * of_value * grad);
    [
        ("output", wanted_y),
        ("value's gradient", wanted_value),
        ("gate's gradient", wanted_gate),
    ]
    .into_iter()
    .zip(got)
    .filter_map(move |((what, wanted), got)| check(glu, what, inputs, got, wanted).err())
}

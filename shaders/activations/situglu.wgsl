// situglu(value, gate; beta1, beta2) = softcap(gate; beta1) sigmoid(gate) softcap(value; beta2), as in
// Kimi K3
fn situglu(value: f32, gate: f32, beta1: f32, beta2: f32) -> f32 {
  return scaled(situglu_gate(gate, beta1), softcap(value, beta2));
}

fn situglu_gate(gate: f32, beta1: f32) -> f32 {
  return scaled(sigmoid(gate), softcap(gate, beta1));
}

// The derivatives with respect to value and gate. That with respect to the gate has two terms, which
// cancel where a gate near -1.3 turns.
fn situglu_derivatives(value: f32, gate: f32, beta1: f32, beta2: f32) -> GluPair {
  let of_cap = scaled(sigmoid(gate), softcap_derivative(gate, beta1));
  let of_sigmoid = scaled(sigmoid_derivative(gate), softcap(gate, beta1));
  return GluPair(
    scaled(situglu_gate(gate, beta1), softcap_derivative(value, beta2)),
    scaled(of_cap + of_sigmoid, softcap(value, beta2)),
  );
}

// Something of a gated unit's value, and the same of its gate.
struct GluPair { value: f32, gate: f32 }

// The gradients with respect to value and gate. The adapter gives glu_derivatives(value, gate).
fn glu_gradients(value: f32, gate: f32, grad_output: f32) -> GluPair {
  let derivatives = glu_derivatives(value, gate);
  return GluPair(scaled(derivatives.value, grad_output), scaled(derivatives.gate, grad_output));
}

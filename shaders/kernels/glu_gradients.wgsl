// Something of a gated unit's value, and the same of its gate.
struct GluPair { value: f32, gate: f32 }

// The same as scaled(), for the derivative of a gate. Here NaN is tested last: then lavapipe needs
// a tenth less time for the gradients of swiglu and geglu. scaled() is quicker for constant factors.
fn times_value(derivative: f32, value: f32) -> f32 {
  return keep_nan(select(derivative * value, 0.0, derivative == 0.0), value);
}

// The gradients with respect to value and gate. The adapter gives glu_derivatives(value, gate).
fn glu_gradients(value: f32, gate: f32, grad_output: f32) -> GluPair {
  let derivatives = glu_derivatives(value, gate);
  return GluPair(scaled(derivatives.value, grad_output), scaled(derivatives.gate, grad_output));
}

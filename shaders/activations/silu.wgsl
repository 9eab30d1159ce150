// x / (1 + e^-x).
fn silu(x: f32) -> f32 {
  return keep_nan(gate(x, Pair(x, 0.0)), x);
}

// s (1 + x (1 - s)) with s = sigmoid(x).
fn silu_derivative(x: f32) -> f32 {
  return keep_nan(gate_derivative(Pair(x, 0.0), fence(GATE_ZERO - abs(x), abs(x) + 1.0) + GATE_ZERO_REST), x);
}

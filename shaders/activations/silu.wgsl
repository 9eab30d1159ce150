// x / (1 + e^-x).
fn silu(x: f32) -> f32 {
  return keep_nan(gate(x, exp_parts(-magnitude(x, 104.5), 12583063.0)), x);
}

// s (1 + x (1 - s)) with s = sigmoid(x).
fn silu_derivative(x: f32) -> f32 {
  let n = -magnitude(x, 104.5);
  let e = exp_parts(n, 12583063.0);
  return keep_nan(gate_derivative(x, Pair(n, 0.0), e, fence(n + GATE_ZERO, e.t) + GATE_ZERO_REST), x);
}

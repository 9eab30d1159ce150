// x / (1 + e^-x).
fn silu(x: f32) -> f32 {
  return keep_nan(gate(x, exp_parts(-magnitude(x, 104.5), 12583063.0)), x);
}

// s (1 + x (1 - s)) with s = sigmoid(x).
fn silu_derivative(x: f32) -> f32 {
  let n = Pair(-magnitude(x, 104.5), 0.0);
  let e = exp_parts(n.hi, 12583063.0);
  return keep_nan(gate_derivative(x, n, e, from_gate_zero(n, e)), x);
}

// E (2 + n + E (2 - n)) / (1 + E)^3 with n = -|x| and E = e^n.
fn silu_second_derivative(x: f32) -> f32 {
  let n = -magnitude(x, 104.5);
  return keep_nan(unscaled(gate_second_derivative(Pair(n, 0.0), exp_parts(n, 12583063.0))), x);
}

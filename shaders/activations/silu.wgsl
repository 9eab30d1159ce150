// silu(x) = x / (1 + e^-x)
fn silu(x: f32) -> f32 {
  return keep_nan(gate(x, exp_minus_abs_24(x)), x);
}

// s (1 + x (1 - s)) with s = sigmoid(x).
fn silu_derivative(x: f32) -> f32 {
  let n = Pair(-magnitude(x, EXP_LIMIT_24), 0.0);
  let e = exp_parts(n.hi, MAGIC_151);
  return keep_nan(gate_derivative(x, n, e, from_gate_zero(n, e)), x);
}

// E (2 + n + E (2 - n)) / (1 + E)^3 with n = -|x| and E = e^n.
fn silu_second_derivative(x: f32) -> f32 {
  let n = -magnitude(x, EXP_LIMIT_24);
  let e = exp_parts(n, MAGIC_151);
  return keep_nan(unscaled(gate_second_derivative_24(Pair(n, 0.0), e), e), x);
}

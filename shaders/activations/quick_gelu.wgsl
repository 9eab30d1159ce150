// -1.702 |x|: the constant is the real number, in 12 and 24 bits.
fn quick_gelu_argument(x: f32) -> Pair {
  let a = -magnitude(x, 61.5);
  let a_upper = upper(a);
  return Pair(1.70166016 * a_upper, 1.70166016 * (a - a_upper) + 0.000339843751 * a);
}

// x / (1 + e^(-1.702 x)).
fn quick_gelu(x: f32) -> f32 {
  return keep_nan(gate(x, exp_parts_of(quick_gelu_argument(x), 12583063.0)), x);
}

// s (1 + z (1 - s)) with z = 1.702 x and s = sigmoid(z).
fn quick_gelu_derivative(x: f32) -> f32 {
  let n = quick_gelu_argument(x);
  let e = exp_parts_of(n, 12583063.0);
  var t = from_gate_zero(n, e);
  if (abs(t) < GATE_ZERO_NEAR) {
    t = affine(1.70200002, -abs(x), GATE_ZERO, 2.19345093e-08 * abs(x) + GATE_ZERO_REST);
  }
  return keep_nan(gate_derivative(x, n, e, t), x);
}

// 1.702 E (2 + n + E (2 - n)) / (1 + E)^3 with n = -1.702 |x| and E = e^n.
fn quick_gelu_second_derivative(x: f32) -> f32 {
  let n = quick_gelu_argument(x);
  let y = gate_second_derivative(n, exp_parts_of(n, 12583063.0));
  return keep_nan(unscaled(Scaled(1.70200002 * y.value, y.t)), x);
}

// 1.702 x: the constant is the real number, in 12 and 24 bits.
fn quick_gelu_argument(x: f32) -> Pair {
  let c = clamp(x, -80.0, 80.0);
  let c_upper = upper(c);
  return Pair(1.70166016 * c_upper, 1.70166016 * (c - c_upper) + 0.000339843751 * c);
}

// x / (1 + e^(-1.702 x)).
fn quick_gelu(x: f32) -> f32 {
  return keep_nan(gate(x, quick_gelu_argument(x)), x);
}

// s (1 + z (1 - s)) with z = 1.702 x and s = sigmoid(z).
fn quick_gelu_derivative(x: f32) -> f32 {
  let n = -min(abs(x), 80.0);
  let t = affine(1.70200002, n, GATE_ZERO, GATE_ZERO_REST - 2.19345093e-08 * n);
  return keep_nan(gate_derivative(quick_gelu_argument(x), t), x);
}

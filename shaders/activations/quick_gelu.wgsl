// quick_gelu(x) = x / (1 + e^(-1.702 x))

// 1.702 as a number of 12 bits and the rest, and as one of 24 bits and the rest: scripts/fit.py,
// "QUICK_GELU_SLOPE".
const QUICK_GELU_SLOPE_UPPER: f32 = 1.70166016;
const QUICK_GELU_SLOPE_LOWER: f32 = 0.000339843751;
const QUICK_GELU_SLOPE: f32 = 1.70200002;
const QUICK_GELU_SLOPE_MINUS: f32 = 2.19345093e-08;

// -1.702 |x|, cut where pow2() makes 0 of its exponential times 2^24.
fn quick_gelu_argument(x: f32) -> Pair {
  let a = -magnitude(x, 61.5);
  let a_upper = upper(a);
  let rest = QUICK_GELU_SLOPE_UPPER * (a - a_upper) + QUICK_GELU_SLOPE_LOWER * a;
  return Pair(QUICK_GELU_SLOPE_UPPER * a_upper, rest);
}

fn quick_gelu(x: f32) -> f32 {
  return keep_nan(gate(x, exp_parts_of(quick_gelu_argument(x), MAGIC_151)), x);
}

// s (1 + z (1 - s)) with z = 1.702 x and s = sigmoid(z).
fn quick_gelu_derivative(x: f32) -> f32 {
  let n = quick_gelu_argument(x);
  let e = exp_parts_of(n, MAGIC_151);
  var t = from_gate_zero(n, e);
  if (abs(t) < GATE_ZERO_NEAR) {
    let rest = QUICK_GELU_SLOPE_MINUS * abs(x) + GATE_ZERO_REST;
    t = line_sum(QUICK_GELU_SLOPE, -abs(x), GATE_ZERO, rest);
  }
  return keep_nan(gate_derivative(x, n, e, t), x);
}

// 1.702 E (2 + n + E (2 - n)) / (1 + E)^3 with n = -1.702 |x| and E = e^n.
fn quick_gelu_second_derivative(x: f32) -> f32 {
  let n = quick_gelu_argument(x);
  let e = exp_parts_of(n, MAGIC_151);
  return keep_nan(unscaled(QUICK_GELU_SLOPE * gate_second_derivative_24(n, e), e), x);
}

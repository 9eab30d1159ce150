// x / alpha in two parts, the first of 12 bits, for x < 0.
fn celu_argument(x: f32, alpha: f32) -> Pair {
  let c = -magnitude(x, 88.0 * alpha);
  let r = 1.0 / alpha;
  let z = upper(c * r);
  let alpha_upper = upper(alpha);
  let rest = fence(c - z * alpha_upper, z * c) - z * (alpha - alpha_upper);
  return Pair(z, rest * r);
}

// x for x > 0, else alpha (e^(x / alpha) - 1); near 0 this is x, too.
fn celu(x: f32, alpha: f32) -> f32 {
  let z = celu_argument(x, alpha);
  return keep_nan(select(-alpha * one_minus_exp(exp_parts_of(z, 12583039.0)), x, is_nonnegative(x) || z.hi > -2.0e-8), x);
}

// 1 for x > 0, else e^(x / alpha).
fn celu_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(exp_of(exp_parts_of(celu_argument(x, alpha), 12583039.0)), 1.0, is_positive(x)), x);
}

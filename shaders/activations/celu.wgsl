// x / alpha in two parts, the first of 12 bits, for x < 0.
fn celu_argument(x: f32, alpha: f32) -> Pair {
  let c = max(min(x, 0.0), -128.0 * alpha);
  let r = reciprocal(alpha);
  let z = upper(c * r);
  let alpha_upper = upper(alpha);
  let rest = fence(c - z * alpha_upper, abs(x) + 1.0) - z * (alpha - alpha_upper);
  return Pair(z, rest * r);
}

// x for x > 0, else alpha (e^(x / alpha) - 1); near 0 as x + x (z / 2 + z^2 / 6 + …), z = x / alpha.
fn celu(x: f32, alpha: f32) -> f32 {
  let pair = celu_argument(x, alpha);
  let z = pair.hi + pair.lo;
  let near = x + x * (z * expm1_polynomial(max(z, -0.35)));
  return keep_nan(select(select(alpha * expm1_negative(z), near, z > -0.34), x, is_nonnegative(x)), x);
}

// 1 for x > 0, else e^(x / alpha).
fn celu_derivative(x: f32, alpha: f32) -> f32 {
  let z = celu_argument(x, alpha);
  let near = z.hi > -88.0;
  let e = exp_parts_of(Pair(max(z.hi, -88.0), select(0.0, z.lo, near)), 12583039.0);
  return keep_nan(select(times_exp(1.0, e), 1.0, is_positive(x)), x);
}

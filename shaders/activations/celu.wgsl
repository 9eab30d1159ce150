// x / alpha in two parts, the first of 12 bits, for x < 0, and x where alpha is 1; -most at least.
fn celu_argument(x: f32, alpha: f32, most: f32) -> Pair {
  let c = -magnitude(x, most * alpha);
  let r = 1.0 / alpha;
  let z = upper(c * r);
  let alpha_upper = upper(alpha);
  let rest = fence(c - z * alpha_upper, z * c) - z * (alpha - alpha_upper);
  return Pair(select(z, c, is_one(alpha)), select(rest * r, 0.0, is_one(alpha)));
}

// x for x > 0, else alpha (e^(x / alpha) - 1); near 0 this is x, too.
fn celu(x: f32, alpha: f32) -> f32 {
  let z = celu_argument(x, alpha, 88.0);
  return keep_nan(select(-alpha * one_minus_exp(exp_parts_of(z, 12583039.0)), x, is_nonnegative(x) | (z.hi > -2.0e-8)), x);
}

// 1 for x > 0, else e^(x / alpha).
fn celu_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(exp_of(exp_parts_of(celu_argument(x, alpha, 88.0), 12583039.0)), 1.0, is_positive(x)), x);
}

// 0 for x >= 0, else e^(x / alpha) / alpha. The power of two carries 2^41, since the result may be normal where the exponential is not.
fn celu_second_derivative(x: f32, alpha: f32) -> f32 {
  let e = exp_parts_of(celu_argument(x, alpha, 116.3), 12583080.0);
  return keep_nan(select(fence(1.0 / alpha * 4.54747351e-13, e.t) * fence(exp_of(e), e.t), 0.0, is_nonnegative(x)), x);
}

// The derivative with respect to alpha: 0 for x > 0, else e^z - 1 - z e^z with z = x / alpha; near 0, where that cancels, -z^2 P(-z).
fn celu_derivative_alpha(x: f32, alpha: f32) -> f32 {
  let z = celu_argument(x, alpha, 88.0);
  let e = exp_parts_of(z, 12583039.0);
  let a = -(z.hi + z.lo);
  let a2 = a * a;
  let P = a2 * a2 * (a2 * 0.00011208425 + (-0.0011124647 * a + 0.0068936157)) + cubic(a, a2, 0.5, -0.333333194, 0.124997333, -0.0333162546);
  let y = select(a * exp_of(e) - one_minus_exp(e), -a2 * P, a < 1.0);
  return keep_nan(select(y, 0.0, is_positive(x)), x);
}

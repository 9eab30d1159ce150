// celu(x; alpha) = x for x > 0, else alpha (e^(x / alpha) - 1)

// From this -x / alpha on, pow2() makes 0 of e^(x / alpha) times 2^41.
const CELU_LIMIT_41: f32 = 116.3;
const CELU_MAGIC_168: f32 = 12583080.0;
const CELU_TWO_POW_MINUS_41: f32 = 4.54747351e-13;

// x / alpha for x < 0, cut at -most, in two parts, of which the first has 12 bits. With an alpha of
// 1 it is x.
fn celu_argument(x: f32, alpha: f32, most: f32) -> Pair {
  let c = -magnitude(x, most * alpha);
  let r = 1.0 / alpha;
  let z = upper(c * r);
  let alpha_upper = upper(alpha);
  let rest = opt_barrier(c - z * alpha_upper, z * c) - z * (alpha - alpha_upper);
  return Pair(select(z, c, is_one(alpha)), select(rest * r, 0.0, is_one(alpha)));
}

fn celu(x: f32, alpha: f32) -> f32 {
  let z = celu_argument(x, alpha, EXP_LIMIT);
  let y = -alpha * one_minus_exp(exp_parts_of(z, MAGIC_127));
  // Near 0 it is x.
  return keep_nan(select(y, x, is_nonnegative(x) | (z.hi > -2.0e-8)), x);
}

// 1 for x > 0, else e^(x / alpha).
fn celu_derivative(x: f32, alpha: f32) -> f32 {
  let y = exp_of(exp_parts_of(celu_argument(x, alpha, EXP_LIMIT), MAGIC_127));
  return leaky_derivative(x, y);
}

// 0 for x >= 0, else e^(x / alpha) / alpha. The power of two carries 2^41, since the result may be
// normal where the exponential is not.
fn celu_second_derivative(x: f32, alpha: f32) -> f32 {
  let e = exp_parts_of(celu_argument(x, alpha, CELU_LIMIT_41), CELU_MAGIC_168);
  let y = opt_barrier(1.0 / alpha * CELU_TWO_POW_MINUS_41, e.t) * opt_barrier(exp_of(e), e.t);
  return keep_nan(select(y, 0.0, is_nonnegative(x)), x);
}

// (1 - (1 + a) e^-a) / a^2 for 0 <= a <= 1, with an error of 0.090 * 2^-24 of it, from
// scripts/fit.py, "celu_polynomial".
fn celu_polynomial(a: f32) -> f32 {
  let a2 = a * a;
  let high = a2 * 0.00011208425 + (-0.0011124647 * a + 0.0068936157);
  return a2 * a2 * high + cubic(a, a2, 0.5, -0.333333194, 0.124997333, -0.0333162546);
}

// 0 for x > 0, else e^z - 1 - z e^z with z = x / alpha. Near 0, where that cancels, -z^2 times a
// polynomial.
fn celu_derivative_alpha(x: f32, alpha: f32) -> f32 {
  let z = celu_argument(x, alpha, EXP_LIMIT);
  let e = exp_parts_of(z, MAGIC_127);
  let a = -(z.hi + z.lo);
  let near = -(a * a) * celu_polynomial(a);
  let y = select(a * exp_of(e) - one_minus_exp(e), near, a < 1.0);
  return where_not_positive(x, y);
}

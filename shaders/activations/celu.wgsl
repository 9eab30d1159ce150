// celu(x; alpha) = x for x > 0, else alpha (e^(x / alpha) - 1)
//
// For a negative alpha the exponential grows. An alpha of 0 gives the limit, which is relu, and an
// infinite one NaN. The exponent of alpha is set aside, so that neither quotient nor product leaves
// f32 before the result does; for an alpha of 1 there is none.

// From this |x / alpha| on, results are 0 or infinite, or e^(x / alpha) is 0 beside 1, also where
// alpha multiplies or divides.
const CELU_LIMIT: f32 = 180.0;

// True if x / alpha is positive for a negative x.
fn celu_grows(alpha: f32) -> bool {
  return is_negative(alpha) & (exponent(alpha) > 0u);
}

// |z| = |x / alpha| for x < 0, cut at the limit, in two parts, of which the first has 12 bits.
fn celu_magnitude(x: f32, alpha: f32) -> Pair {
  let m = copy_sign(significand(alpha), 1.0);
  let shifted = times_pow2(x, POW2_BIAS + 127u - exponent(alpha));
  let most = select(CELU_LIMIT * m, EXP_LIMIT, is_one(alpha));
  let cut = magnitude(select(shifted, x, is_one(alpha)), most);
  let c = select(cut, most, (exponent(alpha) == 0u) & is_negative(x));
  let r = 1.0 / m;
  let z = upper(c * r);
  let m_upper = upper(m);
  let rest = opt_barrier(c - z * m_upper, z * c) - z * (m - m_upper);
  return Pair(select(z, c, is_one(alpha)), select(rest * r, 0.0, is_one(alpha)));
}

// e^z = 2^k (1 + q) with k from exp_exponent().
fn celu_exp_parts(a: Pair, alpha: f32) -> ExpParts {
  let sign = select(-1.0, 1.0, celu_grows(alpha));
  return exp_parts_of(Pair(flip_sign(a.hi, sign), flip_sign(a.lo, sign)), MAGIC_127);
}

// e^z.
fn celu_exp(e: ExpParts, alpha: f32) -> f32 {
  let k = POW2_BIAS + exp_exponent(e, MAGIC_127);
  return select(times_pow2(e.q + 1.0, k), exp_of(e), is_one(alpha));
}

// |e^z - 1|, without the 2^k where z > 0. A 2^-|k| of 0 is lost beside 1.
fn celu_expm1(e: ExpParts, alpha: f32) -> f32 {
  let k = exp_exponent(e, MAGIC_127);
  let power = times_pow2(1.0, POW2_BIAS + select_bits(k, 0u - k, celu_grows(alpha)));
  let s = select(power, pow2(e.t), is_one(alpha));
  return (1.0 - s) + select(-(s * e.q), e.q, celu_grows(alpha));
}

fn celu(x: f32, alpha: f32) -> f32 {
  let a = celu_magnitude(x, alpha);
  let e = celu_exp_parts(a, alpha);
  let W = celu_expm1(e, alpha);
  let k = POW2_BIAS - 127u + exponent(alpha);
  let k_grown = k + exp_exponent(e, MAGIC_127);
  let product = -(copy_sign(significand(alpha), 1.0) * W);
  let scaled_product = times_pow2(product, select_bits(k, k_grown, celu_grows(alpha)));
  let y = select(scaled_product, -W, is_one(alpha));
  // Near 0 it is x.
  let is_near = a.hi < 2.0e-8;
  let below = nan_unless_finite(select(y, x, is_near), alpha);
  return keep_nan(select(below, x, is_nonnegative(x)), x);
}

// 1 for x > 0, else e^(x / alpha).
fn celu_derivative(x: f32, alpha: f32) -> f32 {
  let y = celu_exp(celu_exp_parts(celu_magnitude(x, alpha), alpha), alpha);
  return leaky_derivative(x, nan_unless_finite(y, alpha));
}

// From y, for an alpha > 0: 1 for y > 0, else 1 + y / alpha.
fn celu_derivative_from_output(y: f32, alpha: f32) -> f32 {
  let sum = opt_barrier(y + alpha, y * y);
  return leaky_derivative(y, select(quotient(sum, alpha), sum, is_one(alpha)));
}

// 0 for x >= 0, else e^(x / alpha) / alpha.
fn celu_second_derivative(x: f32, alpha: f32) -> f32 {
  let e = celu_exp_parts(celu_magnitude(x, alpha), alpha);
  let r = flip_sign(reciprocal(copy_sign(significand(alpha), 1.0)), alpha);
  let k = POW2_BIAS + 127u - exponent(alpha) + exp_exponent(e, MAGIC_127);
  let y = times_pow2((e.q + 1.0) * r, k);
  return keep_nan(select(nan_unless_finite(y, alpha), 0.0, is_nonnegative(x)), x);
}

// (1 - (1 + a) e^-a) / a^2 for 0 <= a <= 1, with an error of 0.090 * 2^-24 of it, from
// scripts/fit.py, "celu_polynomial".
fn celu_polynomial(a: f32) -> f32 {
  let a2 = a * a;
  let high = a2 * 0.00011208425 + (-0.0011124647 * a + 0.0068936157);
  return a2 * a2 * high + cubic(a, a2, 0.5, -0.333333194, 0.124997333, -0.0333162546);
}

// 0 for x > 0, else e^z - 1 - z e^z with z = x / alpha. Near 0, where that cancels, -z^2 times a
// polynomial for z < 0, and -z (e^z - 1 - z e^z times the polynomial) for z > 0.
fn celu_derivative_alpha(x: f32, alpha: f32) -> f32 {
  let z = celu_magnitude(x, alpha);
  let e = celu_exp_parts(z, alpha);
  let E = celu_exp(e, alpha);
  let W = celu_expm1(e, alpha);
  let a = z.hi + z.lo;
  let P = a * celu_polynomial(a);
  let growing = a * (times_pow2(W, POW2_BIAS + exp_exponent(e, MAGIC_127)) - E * P);
  let near = -select(a * P, growing, celu_grows(alpha));
  let far = select(a * E - W, E * (1.0 - a) - 1.0, celu_grows(alpha));
  return where_not_positive(x, nan_unless_finite(select(far, near, a < 1.0), alpha));
}

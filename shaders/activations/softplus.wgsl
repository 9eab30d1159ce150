// softplus(x; beta, threshold) = log(1 + e^(beta x)) / beta, and x where beta x > threshold
//
// For a beta of 0 it is infinite. The exponent of beta is set aside where beta multiplies or
// divides.

// 1 / m in two parts, of which the first has 12 bits.
fn softplus_reciprocal(m: f32) -> Pair {
  let r = upper(1.0 / m);
  let m_upper = upper(m);
  let rest = (1.0 - r * m_upper) - r * (m - m_upper);
  return Pair(r, r * (rest + rest * rest));
}

// y where beta x is a number, else NaN.
fn softplus_keep_nan(y: f32, x: f32, beta: f32) -> f32 {
  return keep_nan(y, flushed(beta) * x);
}

// log(1 + E) / beta and x on the side where it counts have the same sign.
fn softplus(x: f32, beta: f32, threshold: f32) -> f32 {
  let z = parameter_times(beta, x);
  let n = minus_magnitude(z, select(EXP_LIMIT_OF_PRODUCT, EXP_LIMIT_24, is_one(beta)));
  let e = exp_parts_of(n, MAGIC_151);
  let k = POW2_BIAS + exp_exponent(e, MAGIC_127);
  // log(1 + E) without the power of two of E.
  let E = select(times_pow2(e.q + 1.0, k - 24u), exp_of_24(e), is_one(beta));
  let y = exp_mantissa(e) - exp_mantissa(e) * E * log1p_rest(E);
  let r = softplus_reciprocal(significand(beta));
  let quotient = y * r.hi + opt_barrier(y * r.lo, e.t);
  // For a huge beta both terms are tiny, and carry 2^64.
  let is_huge = exponent(beta) > 167u;
  let up = select(1.0, TWO_POW_64, is_huge);
  let down = select(1.0, TWO_POW_MINUS_64, is_huge);
  let value = times_pow2(quotient, k + 103u - exponent(beta) + select_bits(0u, 64u, is_huge));
  let divided = select(value, infinity(beta), exponent(beta) == 0u);
  let logarithm = select(divided, unscaled(y * exp_power(e), e), is_one(beta));
  let both = opt_barrier(select(logarithm, x * up + logarithm, z.hi > 0.0), exp_fence(e)) * down;
  let sum = select(both, x, is_huge & (z.hi > 1000.0));
  return softplus_keep_nan(select(sum, x, exceeds(beta, x, threshold)), x, beta);
}

// 1 / (1 + e^(-beta x)), and 1 where beta x > threshold.
fn softplus_derivative(x: f32, beta: f32, threshold: f32) -> f32 {
  let z = parameter_times(beta, x);
  let y = logistic(z.hi, exp_parts_of(minus_magnitude(z, EXP_LIMIT), MAGIC_127));
  return softplus_keep_nan(select(y, 1.0, exceeds(beta, x, threshold)), x, beta);
}

// From y, for a beta > 0 and a threshold from which on 1 - e^-threshold is 1: 1 - e^(-beta y), and
// NaN for y < 0.
fn softplus_derivative_from_output(y: f32, beta: f32, threshold: f32) -> f32 {
  return keep_nan(nan_where_negative(-scaled_expm1(1.0, beta * y), y), y);
}

// beta E / (1 + E)^2 with E = e^-|beta x|, and 0 where beta x >= threshold.
fn softplus_second_derivative(x: f32, beta: f32, threshold: f32) -> f32 {
  let n = minus_magnitude(parameter_times(beta, x), EXP_LIMIT_OF_PRODUCT);
  let e = exp_parts_of(n, MAGIC_127);
  let k = POW2_BIAS + exp_exponent(e, MAGIC_127);
  let s = times_pow2(1.0, k);
  let E = (e.q + 1.0) * s;
  let y = (e.q + 1.0) * reciprocal(E * (s * e.q + (s + 2.0)) + 1.0);
  let product = times_pow2(significand(beta) * y, k + exponent(beta) - 127u);
  let curvature = select(product, 0.0, exponent(beta) == 0u);
  let is_below = exceeds(-beta, x, -threshold);
  return softplus_keep_nan(select(0.0, curvature, is_below), x, beta);
}

// -(log(1 + E) + |z| E / (1 + E)) / beta^2 with z = beta x and E = e^-|z|, and 0 where z >
// threshold.
fn softplus_derivative_beta(x: f32, beta: f32, threshold: f32) -> f32 {
  let n = minus_magnitude(parameter_times(beta, x), EXP_LIMIT_OF_PRODUCT);
  let e = exp_parts_of(n, MAGIC_127);
  let k = POW2_BIAS + exp_exponent(e, MAGIC_127);
  let E = times_pow2(e.q + 1.0, k);
  let m = copy_sign(significand(beta), 1.0);
  let r = reciprocal(m);
  let y = (n.hi + n.lo) * reciprocal(E + 1.0) - (1.0 - E * log1p_rest(E));
  let quotient = times_pow2(y * (e.q + 1.0) * (r * r), k + 254u - 2u * exponent(beta));
  let below = select(quotient, infinity(-1.0), exponent(beta) == 0u);
  return softplus_keep_nan(select(below, 0.0, exceeds(beta, x, threshold)), x, beta);
}

// softplus(x; beta, threshold) = log(1 + e^(beta x)) / beta, and x where beta x > threshold

// 1 / beta in two parts, of which the first has 12 bits.
fn softplus_reciprocal(beta: f32) -> Pair {
  let r = upper(1.0 / beta);
  let beta_upper = upper(beta);
  let rest = (1.0 - r * beta_upper) - r * (beta - beta_upper);
  return Pair(r, r * (rest + rest * rest));
}

fn softplus(x: f32, beta: f32, threshold: f32) -> f32 {
  let n = minus_magnitude(parameter_times(beta, x), EXP_LIMIT_24);
  let e = exp_parts_of(n, MAGIC_151);
  let y = log1p_exp(e);
  let r = softplus_reciprocal(beta);
  let value = select(y * r.hi + opt_barrier(y * r.lo, e.t), y, is_one(beta));
  let logarithm = select(0.0, x, x > 0.0) + unscaled(value, e.t);
  return keep_nan(select(logarithm, x, exceeds(beta, x, threshold)), x);
}

// 1 / (1 + e^(-beta x)), and 1 where beta x > threshold.
fn softplus_derivative(x: f32, beta: f32, threshold: f32) -> f32 {
  let z = parameter_times(beta, x);
  let y = logistic(z.hi, exp_parts_of(minus_magnitude(z, EXP_LIMIT), MAGIC_127));
  return keep_nan(select(y, 1.0, exceeds(beta, x, threshold)), x);
}

// beta E / (1 + E)^2 with E = e^-|beta x|, and 0 where beta x >= threshold. The power of two
// carries 2^24, since the result may be normal where the exponential is not.
fn softplus_second_derivative(x: f32, beta: f32, threshold: f32) -> f32 {
  let n = minus_magnitude(parameter_times(beta, x), EXP_LIMIT_24);
  let e = exp_parts_of(n, MAGIC_151);
  let s = pow2(e.t) * TWO_POW_MINUS_24;
  let E = (e.q + 1.0) * s;
  let y = (e.q + 1.0) * reciprocal(E * (s * e.q + (s + 2.0)) + 1.0);
  let curvature = opt_barrier(beta * TWO_POW_MINUS_24 * y, e.t) * pow2(e.t);
  return keep_nan(select(0.0, curvature, exceeds(-beta, x, -threshold)), x);
}

// -(log(1 + E) + |z| E / (1 + E)) / beta^2 with z = beta x and E = e^-|z|, and 0 where z >
// threshold. The power of two carries 2^32.
fn softplus_derivative_beta(x: f32, beta: f32, threshold: f32) -> f32 {
  let n = minus_magnitude(parameter_times(beta, x), EXP_LIMIT_32);
  let e = exp_parts_of(n, MAGIC_159);
  let E = (e.q + 1.0) * (pow2(e.t) * TWO_POW_MINUS_32);
  let r = reciprocal(beta);
  let y = (n.hi + n.lo) * reciprocal(E + 1.0) - (1.0 - E * log1p_rest(E));
  let factor = opt_barrier(y * (e.q + 1.0) * r * (r * TWO_POW_MINUS_32), e.t);
  return keep_nan(select(factor * pow2(e.t), 0.0, exceeds(beta, x, threshold)), x);
}

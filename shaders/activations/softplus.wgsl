// 1 / beta in two parts, the first of 12 bits.
fn softplus_reciprocal(beta: f32) -> Pair {
  let r = upper(1.0 / beta);
  let beta_upper = upper(beta);
  let rest = (1.0 - r * beta_upper) - r * (beta - beta_upper);
  return Pair(r, r * (rest + rest * rest));
}

// log(1 + e^(beta x)) / beta, and x where beta x > threshold.
fn softplus(x: f32, beta: f32, threshold: f32) -> f32 {
  let c = finite(x);
  let y = log1p_exp(exp_parts_of(minus_magnitude(product(beta, c), 104.5), 12583063.0));
  let r = softplus_reciprocal(beta);
  let logarithm = unscaled(Scaled(y.value * r.hi + fence(y.value * r.lo, y.t), y.t));
  return keep_nan(select(select(0.0, x, x > 0.0) + logarithm, x, exceeds(beta, c, threshold)), x);
}

// 1 / (1 + e^(-beta x)), and 1 where beta x > threshold.
fn softplus_derivative(x: f32, beta: f32, threshold: f32) -> f32 {
  let c = finite(x);
  let z = product(beta, c);
  let y = logistic(z.hi, exp_parts_of(minus_magnitude(z, 88.0), 12583039.0));
  return keep_nan(select(y, 1.0, exceeds(beta, c, threshold)), x);
}

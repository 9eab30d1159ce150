// 1 / beta in two parts, the first of 12 bits.
fn softplus_reciprocal(beta: f32) -> Pair {
  let r = upper(reciprocal(beta));
  let beta_upper = upper(beta);
  let rest = (1.0 - r * beta_upper) - r * (beta - beta_upper);
  return Pair(r, r * (rest + rest * rest));
}

// log(1 + e^(beta x)) / beta, and x where beta x > threshold.
fn softplus(x: f32, beta: f32, threshold: f32) -> f32 {
  let z = argument(beta, x);
  let flip = select(1.0, -1.0, z.hi > 0.0);
  let logarithm = log1p_exp_2_24(Pair(flip * z.hi, flip * z.lo));
  let r = softplus_reciprocal(beta);
  let y = (logarithm * r.hi + logarithm * r.lo) * fence(5.9604645e-8, abs(x) + 1.0);
  return keep_nan(select(max(x, 0.0) + y, x, affine(beta, clamp(x, -1.0e20, 1.0e20), -threshold, 0.0) > 0.0), x);
}

// 1 / (1 + e^(-beta x)), and 1 where beta x > threshold.
fn softplus_derivative(x: f32, beta: f32, threshold: f32) -> f32 {
  let y = logistic(argument(beta, x));
  return keep_nan(select(y, 1.0, affine(beta, clamp(x, -1.0e20, 1.0e20), -threshold, 0.0) > 0.0), x);
}

// x for x > 0, else alpha * (e^x - 1).
fn elu(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(alpha * expm1_negative(x), x, is_nonnegative(x)), x);
}

// 1 for x > 0, else alpha * e^x. The power of two carries 2^24 and alpha 2^-24, for an alpha above 1 makes results
// normal where e^x is not.
fn elu_derivative(x: f32, alpha: f32) -> f32 {
  let e = exp_parts(max(min(x, 0.0), -104.5), 12583063.0);
  return keep_nan(select(times_exp(alpha * fence(5.9604645e-8, e.t), e), 1.0, is_positive(x)), x);
}

// x for x > 0, else alpha (e^x - 1).
fn elu(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(-alpha * one_minus_exp(exp_parts(-magnitude(x, 88.0), 12583039.0)), x, is_nonnegative(x)), x);
}

// 1 for x > 0, else alpha e^x.
fn elu_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(scaled_exp(alpha, x), 1.0, is_positive(x)), x);
}

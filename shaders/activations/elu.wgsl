// x for x > 0, else alpha (e^x - 1).
fn elu(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(alpha * expm1_negative(x), x, is_nonnegative(x)), x);
}

// 1 for x > 0, else alpha e^x.
fn elu_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(scaled_exp(alpha, x), 1.0, is_positive(x)), x);
}

// elu(x; alpha) = x for x > 0, else alpha (e^x - 1)
fn elu(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(scaled_expm1(alpha, x), x, is_nonnegative(x)), x);
}

// 1 for x > 0, else alpha e^x.
fn elu_derivative(x: f32, alpha: f32) -> f32 {
  return leaky_derivative(x, scaled_exp(alpha, 1.0, x));
}

// From y, for an alpha >= 0: 1 for y > 0, else y + alpha.
fn elu_derivative_from_output(y: f32, alpha: f32) -> f32 {
  return leaky_derivative(y, opt_barrier(y + alpha, y * y));
}

// 0 for x >= 0, else alpha e^x.
fn elu_second_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(scaled_exp(alpha, 1.0, x), 0.0, is_nonnegative(x)), x);
}

// 0 for x > 0, else e^x - 1.
fn elu_derivative_alpha(x: f32, alpha: f32) -> f32 {
  return where_not_positive(x, scaled_expm1(1.0, x));
}

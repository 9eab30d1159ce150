// selu(x; alpha, scale) = scale x for x > 0, else scale alpha (e^x - 1)
fn selu(x: f32, alpha: f32, scale: f32) -> f32 {
  let below = product_of_three(scale, alpha, scaled_expm1(1.0, x));
  return keep_nan(select(below, scaled(scale, x), is_nonnegative(x)), x);
}

// scale for x > 0, else scale alpha e^x.
fn selu_derivative(x: f32, alpha: f32, scale: f32) -> f32 {
  return keep_nan(select(scaled_exp(scale, alpha, x), scale, is_positive(x)), x);
}

// 0 for x >= 0, else scale alpha e^x.
fn selu_second_derivative(x: f32, alpha: f32, scale: f32) -> f32 {
  return keep_nan(select(scaled_exp(scale, alpha, x), 0.0, is_nonnegative(x)), x);
}

// 0 for x > 0, else scale (e^x - 1).
fn selu_derivative_alpha(x: f32, alpha: f32, scale: f32) -> f32 {
  return where_not_positive(x, scaled_expm1(scale, x));
}

// x for x > 0, else alpha (e^x - 1).
fn selu_derivative_scale(x: f32, alpha: f32, scale: f32) -> f32 {
  return keep_nan(select(scaled_expm1(alpha, x), x, is_nonnegative(x)), x);
}

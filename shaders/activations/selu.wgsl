// scale x for x > 0, else scale alpha (e^x - 1).
fn selu(x: f32, alpha: f32, scale: f32) -> f32 {
  return keep_nan(select(-(scale * alpha) * one_minus_exp(exp_parts(-magnitude(x, 88.0), 12583039.0)), scaled(scale, x), is_nonnegative(x)), x);
}

// scale for x > 0, else scale alpha e^x.
fn selu_derivative(x: f32, alpha: f32, scale: f32) -> f32 {
  return keep_nan(select(scaled_exp(scale * alpha, x), scale, is_positive(x)), x);
}

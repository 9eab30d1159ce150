// x moved towards 0 by bias for |x| > lambd, else 0.
fn shrink(x: f32, lambd: f32, bias: f32) -> f32 {
  return keep_nan(select(0.0, x - flip_sign(bias, x), is_beyond(x, lambd)), x);
}

// 1 for |x| > lambd, else 0.
fn shrink_derivative(x: f32, lambd: f32, bias: f32) -> f32 {
  return keep_nan(select(0.0, 1.0, is_beyond(x, lambd)), x);
}

// The derivative with respect to bias: -1 for x > lambd, 1 for x < -lambd, else 0.
fn shrink_derivative_bias(x: f32, lambd: f32, bias: f32) -> f32 {
  return keep_nan(select(0.0, flip_sign(-1.0, x), is_beyond(x, lambd)), x);
}

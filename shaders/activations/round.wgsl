// round(x), the nearest whole number, and the even one of two that are equally near
fn round(x: f32) -> f32 {
  return keep_nan(nearest(x), x);
}

// 0.
fn round_derivative(x: f32) -> f32 {
  return keep_nan(0.0, x);
}

// abs(x) = |x|
//
// It is not called abs, since the functions in shaders/math call WGSL's own.
fn absolute(x: f32) -> f32 {
  return copy_sign(x, 1.0);
}

// 1 for x > 0, -1 for x < 0, and 0 for 0.
fn absolute_derivative(x: f32) -> f32 {
  return keep_nan(select(0.0, copy_sign(1.0, x), is_positive(x) | is_negative(x)), x);
}

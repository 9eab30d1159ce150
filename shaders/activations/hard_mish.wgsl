// x / 2 * min(2, max(0, x + 2)), where x / 2 + 1 is exact near its zero. The clamp keeps compilers
// from multiplying out, and gives x for x >= 0.
fn hard_mish(x: f32) -> f32 {
  let y = x * clamp(0.5 * x + 1.0, 0.0, 1.0);
  return keep_nan(select(y, copy_sign(0.0, x), x <= -2.0), x);
}

// 0 for x <= -2, 1 for x > 0, else x + 1.
fn hard_mish_derivative(x: f32) -> f32 {
  return keep_nan(select(min(x + 1.0, 1.0), 0.0, x <= -2.0), x);
}

// 1 for -2 < x < 0, else 0.
fn hard_mish_second_derivative(x: f32) -> f32 {
  return keep_nan(select(0.0, 1.0, is_negative(x) & (x > -2.0)), x);
}

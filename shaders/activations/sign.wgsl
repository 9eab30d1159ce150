// sign(x) = 1 for x > 0, -1 for x < 0, and a zero as it is
fn sign(x: f32) -> f32 {
  return keep_nan(select(x, copy_sign(1.0, x), is_positive(x) | is_negative(x)), x);
}

// 0.
fn sign_derivative(x: f32) -> f32 {
  return keep_nan(0.0, x);
}

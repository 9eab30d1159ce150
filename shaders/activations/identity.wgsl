// identity(x) = x
fn identity(x: f32) -> f32 {
  return x;
}

// 1.
fn identity_derivative(x: f32) -> f32 {
  return keep_nan(1.0, x);
}

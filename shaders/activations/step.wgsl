// step(x) = 1 for x > 0, else 0
fn step(x: f32) -> f32 {
  return where_positive(x, 1.0);
}

// 0.
fn step_derivative(x: f32) -> f32 {
  return keep_nan(0.0, x);
}

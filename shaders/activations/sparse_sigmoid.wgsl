// 0 for x <= -1, 1 for x >= 1, else (x + 1) / 2.
fn sparse_sigmoid(x: f32) -> f32 {
  return keep_nan(select(select(0.5 * (x + 1.0), 1.0, x >= 1.0), 0.0, x <= -1.0), x);
}

// 1/2 for -1 < x < 1, else 0.
fn sparse_sigmoid_derivative(x: f32) -> f32 {
  return keep_nan(select(0.0, 0.5, abs(x) < 1.0), x);
}

// relu(x) = max(x, 0)
fn relu(x: f32) -> f32 {
  return select(x, 0.0, is_negative(x));
}

// 1 for x > 0, else 0.
fn relu_derivative(x: f32) -> f32 {
  return where_positive(x, 1.0);
}

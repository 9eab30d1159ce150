// relu_squared(x) = max(x, 0)^2
fn relu_squared(x: f32) -> f32 {
  return where_positive(x, x * x);
}

// 2x for x > 0, else 0.
fn relu_squared_derivative(x: f32) -> f32 {
  return where_positive(x, x + x);
}

// 2 for x > 0, else 0.
fn relu_squared_second_derivative(x: f32) -> f32 {
  return where_positive(x, 2.0);
}

// x^2 for x > 0, else 0.
fn relu_squared(x: f32) -> f32 {
  return keep_nan(select(0.0, x * x, is_positive(x)), x);
}

// 2x for x > 0, else 0.
fn relu_squared_derivative(x: f32) -> f32 {
  return keep_nan(select(0.0, x + x, is_positive(x)), x);
}

// 2 for x > 0, else 0.
fn relu_squared_second_derivative(x: f32) -> f32 {
  return keep_nan(select(0.0, 2.0, is_positive(x)), x);
}

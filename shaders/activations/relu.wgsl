// relu(x) = max(x, 0)
fn relu(x: f32) -> f32 {
  return select(x, 0.0, is_negative(x));
}

// 1 for x > 0, else 0.
fn relu_derivative(x: f32) -> f32 {
  return where_positive(x, 1.0);
}

// From y = relu(x): 1 for y > 0, else 0.
fn relu_derivative_from_output(y: f32) -> f32 {
  return where_positive(y, 1.0);
}

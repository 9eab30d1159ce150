// relu6(x) = min(max(x, 0), 6)
fn relu6(x: f32) -> f32 {
  return keep_nan(select(0.0, select(x, 6.0, x > 6.0), is_nonnegative(x)), x);
}

// 1 for 0 < x < 6, else 0.
fn relu6_derivative(x: f32) -> f32 {
  return keep_nan(select(0.0, 1.0, is_positive(x) & (x < 6.0)), x);
}

// From y = relu6(x): 1 for 0 < y < 6, else 0.
fn relu6_derivative_from_output(y: f32) -> f32 {
  return relu6_derivative(y);
}

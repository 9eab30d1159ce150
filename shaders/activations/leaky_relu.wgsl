// x for x > 0, else negative_slope * x.
fn leaky_relu(x: f32, negative_slope: f32) -> f32 {
  return select(scaled(negative_slope, x), x, is_nonnegative(x));
}

// 1 for x > 0, else negative_slope.
fn leaky_relu_derivative(x: f32, negative_slope: f32) -> f32 {
  return keep_nan(select(negative_slope, 1.0, is_positive(x)), x);
}

// The derivative with respect to negative_slope: 0 for x > 0, else x.
fn leaky_relu_derivative_negative_slope(x: f32, negative_slope: f32) -> f32 {
  return keep_nan(select(x, 0.0, is_positive(x)), x);
}

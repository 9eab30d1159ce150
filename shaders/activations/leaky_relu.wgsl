// x for x > 0, else negative_slope * x. x >= 0 in the test keeps -0.
fn leaky_relu(x: f32, negative_slope: f32) -> f32 {
  return select(scaled(negative_slope, x), x, x >= 0.0);
}

// 1 for x > 0, else negative_slope.
fn leaky_relu_derivative(x: f32, negative_slope: f32) -> f32 {
  return keep_nan(select(negative_slope, 1.0, x > 0.0), x);
}

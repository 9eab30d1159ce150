// leaky_relu(x; negative_slope) = x for x > 0, else negative_slope x
fn leaky_relu(x: f32, negative_slope: f32) -> f32 {
  return leaky(x, negative_slope);
}

// 1 for x > 0, else negative_slope.
fn leaky_relu_derivative(x: f32, negative_slope: f32) -> f32 {
  return leaky_derivative(x, negative_slope);
}

// From y, for a negative_slope >= 0: 1 for y > 0, else negative_slope.
fn leaky_relu_derivative_from_output(y: f32, negative_slope: f32) -> f32 {
  return leaky_derivative(y, negative_slope);
}

// 0 for x > 0, else x.
fn leaky_relu_derivative_negative_slope(x: f32, negative_slope: f32) -> f32 {
  return where_not_positive(x, x);
}

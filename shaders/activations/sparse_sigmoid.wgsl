// sparse_sigmoid(x) = 0 for x <= -1, 1 for x >= 1, else (x + 1) / 2
fn sparse_sigmoid(x: f32) -> f32 {
  return ramp(x);
}

// 1/2 for -1 < x < 1, else 0.
fn sparse_sigmoid_derivative(x: f32) -> f32 {
  return ramp_derivative(x);
}

// From y: 1/2 for 0 < y < 1, else 0.
fn sparse_sigmoid_derivative_from_output(y: f32) -> f32 {
  return keep_nan(select(0.0, 0.5, is_positive(y) & (y < 1.0)), y);
}

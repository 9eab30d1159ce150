// sparse_sigmoid(x) = 0 for x <= -1, 1 for x >= 1, else (x + 1) / 2
fn sparse_sigmoid(x: f32) -> f32 {
  return ramp(x);
}

// 1/2 for -1 < x < 1, else 0.
fn sparse_sigmoid_derivative(x: f32) -> f32 {
  return ramp_derivative(x);
}

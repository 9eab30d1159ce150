// threshold(x; threshold, value) = x for x > threshold, else value
fn threshold(x: f32, threshold: f32, value: f32) -> f32 {
  return keep_nan(select(value, x, order(x) > order(threshold)), x);
}

// 1 for x > threshold, else 0.
fn threshold_derivative(x: f32, threshold: f32, value: f32) -> f32 {
  return keep_nan(select(0.0, 1.0, order(x) > order(threshold)), x);
}

// 0 for x > threshold, else 1.
fn threshold_derivative_value(x: f32, threshold: f32, value: f32) -> f32 {
  return keep_nan(select(1.0, 0.0, order(x) > order(threshold)), x);
}

// sparse_plus(x) = 0 for x <= -1, x for x >= 1, else (x + 1)^2 / 4
fn sparse_plus(x: f32) -> f32 {
  let root = 0.5 * (x + 1.0);
  return keep_nan(select(select(root * root, x, x >= 1.0), 0.0, x <= -1.0), x);
}

// 0 for x <= -1, 1 for x >= 1, else (x + 1) / 2.
fn sparse_plus_derivative(x: f32) -> f32 {
  return ramp(x);
}

// 1/2 for -1 < x < 1, else 0.
fn sparse_plus_second_derivative(x: f32) -> f32 {
  return ramp_derivative(x);
}

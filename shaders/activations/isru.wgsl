// isru(x; alpha) = x / sqrt(1 + alpha x^2)
fn isru(x: f32, alpha: f32) -> f32 {
  return keep_nan(isru_of(x, alpha), x);
}

// 1 / sqrt(1 + alpha x^2)^3.
fn isru_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(isru_derivative_of(x, alpha), x);
}

// -3 alpha x / sqrt(1 + alpha x^2)^5.
fn isru_second_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(isru_second_derivative_of(x, alpha), x);
}

// -(x / sqrt(1 + alpha x^2))^3 / 2.
fn isru_derivative_alpha(x: f32, alpha: f32) -> f32 {
  return keep_nan(isru_derivative_alpha_of(x, alpha), x);
}

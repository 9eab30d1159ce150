// isrlu(x; alpha) = x for x >= 0, else x / sqrt(1 + alpha x^2)
fn isrlu(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(isru_of(x, alpha), x, is_nonnegative(x)), x);
}

// 1 for x >= 0, else 1 / sqrt(1 + alpha x^2)^3.
fn isrlu_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(isru_derivative_of(x, alpha), 1.0, is_nonnegative(x)), x);
}

// 0 for x >= 0, else -3 alpha x / sqrt(1 + alpha x^2)^5.
fn isrlu_second_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(isru_second_derivative_of(x, alpha), 0.0, is_nonnegative(x)), x);
}

// 0 for x >= 0, else -(x / sqrt(1 + alpha x^2))^3 / 2.
fn isrlu_derivative_alpha(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(isru_derivative_alpha_of(x, alpha), 0.0, is_nonnegative(x)), x);
}

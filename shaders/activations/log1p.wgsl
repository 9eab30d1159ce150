// log1p(x) = log(1 + x)
fn log1p(x: f32) -> f32 {
  let u = two_sum(1.0, x, x * x);
  return keep_nan(logarithm_checked(copy_sign(logarithm(u), x), u.hi), x);
}

// 1 / (1 + x).
fn log1p_derivative(x: f32) -> f32 {
  return inverse(1.0 + x);
}

// -1 / (1 + x)^2.
fn log1p_second_derivative(x: f32) -> f32 {
  return -inverse_square(1.0 + x);
}

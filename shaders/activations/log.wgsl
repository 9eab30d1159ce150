// log(x), the natural logarithm
//
// It takes the place of the built-in function, whose error has no bound relative to log(x) near 1.
fn log(x: f32) -> f32 {
  return logarithm_checked(logarithm(Pair(x, 0.0)), x);
}

// 1 / x.
fn log_derivative(x: f32) -> f32 {
  return inverse(x);
}

// -1 / x^2.
fn log_second_derivative(x: f32) -> f32 {
  return -inverse_square(x);
}

// square(x) = x^2
fn square(x: f32) -> f32 {
  return x * x;
}

// 2x.
fn square_derivative(x: f32) -> f32 {
  return x + x;
}

// 2.
fn square_second_derivative(x: f32) -> f32 {
  return keep_nan(2.0, x);
}

// reciprocal(x) = 1 / x
fn recip(x: f32) -> f32 {
  return inverse(x);
}

// -1 / x^2.
fn recip_derivative(x: f32) -> f32 {
  return -inverse_square(x);
}

// 2 / x^3.
fn recip_second_derivative(x: f32) -> f32 {
  return twice_inverse_cube(x);
}

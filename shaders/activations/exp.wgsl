// exp(x) = e^x
//
// It takes the place of the built-in function, whose error grows with x.
fn exp(x: f32) -> f32 {
  return exponential(x);
}

// e^x.
fn exp_derivative(x: f32) -> f32 {
  return exponential(x);
}

// From y: y.
fn exp_derivative_from_output(y: f32) -> f32 {
  return y;
}

// e^x.
fn exp_second_derivative(x: f32) -> f32 {
  return exponential(x);
}

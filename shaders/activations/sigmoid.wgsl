// sigmoid(x) = 1 / (1 + e^-x)
fn sigmoid(x: f32) -> f32 {
  return keep_nan(logistic(x, exp_minus_abs(x)), x);
}

// E / (1 + E)^2 with E = e^-|x|: y (1 - y) would lose all digits in the upper tail.
fn sigmoid_derivative(x: f32) -> f32 {
  return keep_nan(0.25 * sech_squared_half(x), x);
}

// From y: y (1 - y).
fn sigmoid_derivative_from_output(y: f32) -> f32 {
  return y * opt_barrier(1.0 - y, y * y);
}

// -E (1 - E) / (1 + E)^3 with E = e^-|x|, times the sign of x.
fn sigmoid_second_derivative(x: f32) -> f32 {
  return keep_nan(-0.125 * tanh_sech_squared_half(x), x);
}

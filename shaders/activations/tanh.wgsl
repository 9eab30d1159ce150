// tanh(x) = (e^x - e^-x) / (e^x + e^-x)
//
// It takes the place of the built-in function, which is NaN beyond 88 on some devices and has no
// correct digit near 0 on others.

// m / (2 - m) with m = 1 - e^(-2|x|) is right at both ends, and exactly 1 where m is 1.
fn tanh(x: f32) -> f32 {
  let e = exp_parts(-2.0 * magnitude(x, 30.0), MAGIC_127);
  return keep_nan(flip_sign(one_minus_exp(e) * reciprocal(one_plus_exp(e)), x), x);
}

// sech(x)^2: 1 - y^2 would lose all digits past 8.3.
fn tanh_derivative(x: f32) -> f32 {
  return keep_nan(sech_squared_half(2.0 * x), x);
}

// From y: 1 - y^2 = (1 - y) (1 + y).
fn tanh_derivative_from_output(y: f32) -> f32 {
  return opt_barrier(1.0 - y, y * y) * opt_barrier(1.0 + y, y * y);
}

// -2 tanh(x) sech(x)^2.
fn tanh_second_derivative(x: f32) -> f32 {
  return keep_nan(-tanh_sech_squared_half(2.0 * x), x);
}

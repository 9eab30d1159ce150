// Takes the place of the built-in function of that name, which is NaN beyond 88 on some devices and has no correct
// digit near 0 on others. -m / (2 + m) with m = e^(-2|x|) - 1: right at both ends, exactly 1 where m is -1.
fn tanh(x: f32) -> f32 {
  let m = expm1_negative(-2.0 * abs(x));
  return keep_nan(copy_sign(m * reciprocal(2.0 + m), x), x);
}

// sech(x)^2. 1 - y^2 would lose all digits past 8.3.
fn tanh_derivative(x: f32) -> f32 {
  return keep_nan(sech_squared_half(2.0 * abs(x)), x);
}

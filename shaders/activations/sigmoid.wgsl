// 1 / (1 + e^-x). The sum cancels nowhere, so it needs no cases. 2^-34 goes through it, so that neither e^88 nor the
// Newton step of the reciprocal leaves the range of f32.
fn sigmoid(x: f32) -> f32 {
  let e = exp_parts(-max(min(x, 40.0), -88.0), 12583005.0);
  let s = pow2(e.t);
  let y = reciprocal(s * e.q + (5.820766e-11 + s)) * fence(5.820766e-11, e.t);
  return keep_nan(select(y, 0.0, x < -87.5), x);
}

// e^-|x| / (1 + e^-|x|)^2. y (1 - y) would lose all digits in the upper tail.
fn sigmoid_derivative(x: f32) -> f32 {
  return keep_nan(0.25 * sech_squared_half(abs(x)), x);
}

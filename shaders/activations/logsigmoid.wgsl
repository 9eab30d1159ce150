// logsigmoid(x) = -log(1 + e^-x)
fn logsigmoid(x: f32) -> f32 {
  let e = exp_minus_abs_24(x);
  return keep_nan(select(0.0, x, x < 0.0) - unscaled(log1p_exp(e), e), x);
}

// 1 / (1 + e^x).
fn logsigmoid_derivative(x: f32) -> f32 {
  return keep_nan(logistic(-x, exp_minus_abs(x)), x);
}

// -E / (1 + E)^2 with E = e^-|x|.
fn logsigmoid_second_derivative(x: f32) -> f32 {
  return keep_nan(-0.25 * sech_squared_half(x), x);
}

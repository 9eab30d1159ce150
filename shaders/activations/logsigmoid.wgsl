// -log(1 + e^-x).
fn logsigmoid(x: f32) -> f32 {
  let y = log1p_exp(exp_parts(-magnitude(x, 104.5), 12583063.0));
  return keep_nan(select(0.0, x, x < 0.0) - unscaled(y), x);
}

// 1 / (1 + e^x).
fn logsigmoid_derivative(x: f32) -> f32 {
  return keep_nan(logistic(-x, exp_parts(-magnitude(x, 88.0), 12583039.0)), x);
}

// -e^-|x| / (1 + e^-|x|)^2.
fn logsigmoid_second_derivative(x: f32) -> f32 {
  return keep_nan(-0.25 * sech_squared_half(x), x);
}

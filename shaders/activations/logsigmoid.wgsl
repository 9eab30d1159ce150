// -log(1 + e^-x).
fn logsigmoid(x: f32) -> f32 {
  let y = log1p_exp_2_24(Pair(-abs(x), 0.0)) * fence(5.9604645e-8, abs(x) + 1.0);
  return keep_nan(min(x, 0.0) - y, x);
}

// 1 / (1 + e^x).
fn logsigmoid_derivative(x: f32) -> f32 {
  return keep_nan(logistic(Pair(-x, 0.0)), x);
}

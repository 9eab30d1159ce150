// shrink(x; lambd, bias) = x + bias for x < -lambd, else x - bias for x > lambd, else 0
fn shrink(x: f32, lambd: f32, bias: f32) -> f32 {
  return shrunk(x, lambd, select(x - bias, x + bias, order(x) < order(flip_sign(lambd, -1.0))));
}

// 1 for |x| > lambd, else 0.
fn shrink_derivative(x: f32, lambd: f32, bias: f32) -> f32 {
  return shrunk(x, lambd, 1.0);
}

// 1 for x < -lambd, else -1 for x > lambd, else 0.
fn shrink_derivative_bias(x: f32, lambd: f32, bias: f32) -> f32 {
  return shrunk(x, lambd, select(-1.0, 1.0, order(x) < order(flip_sign(lambd, -1.0))));
}

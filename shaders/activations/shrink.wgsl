// shrink(x; lambd, bias) = x - bias for x > lambd, x + bias for x < -lambd, else 0
fn shrink(x: f32, lambd: f32, bias: f32) -> f32 {
  return shrunk(x, lambd, x - flip_sign(bias, x));
}

// 1 for |x| > lambd, else 0.
fn shrink_derivative(x: f32, lambd: f32, bias: f32) -> f32 {
  return shrunk(x, lambd, 1.0);
}

// -1 for x > lambd, 1 for x < -lambd, else 0.
fn shrink_derivative_bias(x: f32, lambd: f32, bias: f32) -> f32 {
  return shrunk(x, lambd, flip_sign(-1.0, x));
}

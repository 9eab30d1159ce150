// hardshrink(x; lambd) = x for |x| > lambd, else 0
fn hardshrink(x: f32, lambd: f32) -> f32 {
  return shrunk(x, lambd, x);
}

// 1 for |x| > lambd, else 0.
fn hardshrink_derivative(x: f32, lambd: f32) -> f32 {
  return shrunk(x, lambd, 1.0);
}

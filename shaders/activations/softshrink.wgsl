// softshrink(x; lambd) = x - lambd for x > lambd, else x + lambd for x < -lambd, else 0
fn softshrink(x: f32, lambd: f32) -> f32 {
  return shrunk(x, lambd, select(x + lambd, x - lambd, order(x) > order(lambd)));
}

// 1 for |x| > lambd, else 0.
fn softshrink_derivative(x: f32, lambd: f32) -> f32 {
  return shrunk(x, lambd, 1.0);
}

// -1 for x > lambd, else 1 for x < -lambd, else 0.
fn softshrink_derivative_lambd(x: f32, lambd: f32) -> f32 {
  return shrunk(x, lambd, select(1.0, -1.0, order(x) > order(lambd)));
}

// softshrink(x; lambd) = x - lambd for x > lambd, x + lambd for x < -lambd, else 0
fn softshrink(x: f32, lambd: f32) -> f32 {
  return shrunk(x, lambd, x - flip_sign(lambd, x));
}

// 1 for |x| > lambd, else 0.
fn softshrink_derivative(x: f32, lambd: f32) -> f32 {
  return shrunk(x, lambd, 1.0);
}

// -1 for x > lambd, 1 for x < -lambd, else 0.
fn softshrink_derivative_lambd(x: f32, lambd: f32) -> f32 {
  return shrunk(x, lambd, flip_sign(-1.0, x));
}

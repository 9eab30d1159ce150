// x for |x| > lambd, else 0.
fn hardshrink(x: f32, lambd: f32) -> f32 {
  return keep_nan(select(0.0, x, is_beyond(x, lambd)), x);
}

// 1 for |x| > lambd, else 0.
fn hardshrink_derivative(x: f32, lambd: f32) -> f32 {
  return keep_nan(select(0.0, 1.0, is_beyond(x, lambd)), x);
}

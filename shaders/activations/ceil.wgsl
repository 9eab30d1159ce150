// ceil(x), the least whole number that is not below x
fn ceil(x: f32) -> f32 {
  let y = nearest(x);
  return keep_nan(copy_sign(select(y, y + 1.0, order(y) < order(x)), x), x);
}

// 0.
fn ceil_derivative(x: f32) -> f32 {
  return keep_nan(0.0, x);
}

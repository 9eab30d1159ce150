// floor(x), the largest whole number that is not above x
fn floor(x: f32) -> f32 {
  let y = nearest(x);
  return keep_nan(select(y, y - 1.0, order(y) > order(x)), x);
}

// 0.
fn floor_derivative(x: f32) -> f32 {
  return keep_nan(0.0, x);
}

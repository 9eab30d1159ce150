// Pieces of functions that differ from one side of a point to the other.

// x for x >= 0, else slope x, and its derivative, which is slope at 0. An infinite slope makes NaN
// of 0.
fn leaky(x: f32, slope: f32) -> f32 {
  let zero = nan_unless_finite(x, slope);
  let above = select(zero, x, is_positive(x));
  return select(scaled(slope, x), above, is_nonnegative(x));
}
fn leaky_derivative(x: f32, slope: f32) -> f32 {
  return keep_nan(select(slope, 1.0, is_positive(x)), x);
}

// y where x > 0, else 0, and the other way round. NaN in x stays NaN.
fn where_positive(x: f32, y: f32) -> f32 {
  return keep_nan(select(0.0, y, is_positive(x)), x);
}
fn where_not_positive(x: f32, y: f32) -> f32 {
  return keep_nan(select(y, 0.0, is_positive(x)), x);
}

// y for |x| > lambd, else 0, and NaN for NaN.
fn shrunk(x: f32, lambd: f32, y: f32) -> f32 {
  return keep_nan(keep_nan(select(0.0, y, is_beyond(x, lambd)), lambd), x);
}

// (x + 1) / 2, kept between 0 and 1, and its derivative.
fn ramp(x: f32) -> f32 {
  return keep_nan(select(select(0.5 * (x + 1.0), 1.0, x >= 1.0), 0.0, x <= -1.0), x);
}
fn ramp_derivative(x: f32) -> f32 {
  return keep_nan(select(0.0, 0.5, abs(x) < 1.0), x);
}

// x rounded to the nearest whole number, and to the even one of two. From 2^23 on, every number is
// whole.
fn nearest(x: f32) -> f32 {
  let a = copy_sign(x, 1.0);
  return select(x, copy_sign(round_magic(a, TWO_POW_23) - TWO_POW_23, x), a < TWO_POW_23);
}

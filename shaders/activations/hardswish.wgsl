// hardswish(x) = x min(max(x + 3, 0), 6) / 6
const HARDSWISH_THIRD: f32 = 0.333333343;

// x + 3 is exact where it is small.
fn hardswish(x: f32) -> f32 {
  let y = x * (clamp(x + 3.0, 0.0, 6.0) * SIXTH);
  // Near 0 the sixth of x would be flushed.
  let near = select(y, 0.5 * x, abs(x) < 1.0e-8);
  return keep_nan(select(select(near, x, x >= 3.0), copy_sign(0.0, x), x <= -3.0), x);
}

// 0 for x <= -3, 1 for x >= 3, else (2x + 3) / 6.
fn hardswish_derivative(x: f32) -> f32 {
  let y = opt_barrier(x + 1.5, x * x) * HARDSWISH_THIRD;
  return keep_nan(select(select(y, 1.0, x >= 3.0), 0.0, x <= -3.0), x);
}

// 1/3 for -3 < x < 3, else 0.
fn hardswish_second_derivative(x: f32) -> f32 {
  return keep_nan(select(0.0, HARDSWISH_THIRD, abs(x) < 3.0), x);
}

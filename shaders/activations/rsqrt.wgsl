// rsqrt(x) = 1 / sqrt(x)
fn rsqrt(x: f32) -> f32 {
  let d = even_parts(x);
  let y = times_pow2(inverse_root(Pair(d.m, 0.0)), POW2_BIAS + EVEN_BIAS - d.k);
  return root_checked(inverse_checked(y, x, x), x);
}

// -1 / (2 sqrt(x)^3).
fn rsqrt_derivative(x: f32) -> f32 {
  let d = even_parts(x);
  let cube = inverse_root_cubed(Pair(d.m, 0.0));
  let y = times_pow2_or_least(-cube, POW2_BIAS + 3u * (EVEN_BIAS - d.k) - 1u);
  return root_checked(inverse_checked(y, x, flip_sign(-1.0, x)), x);
}

// 3 / (4 sqrt(x)^5).
fn rsqrt_second_derivative(x: f32) -> f32 {
  let d = even_parts(x);
  let r = inverse_root_parts(Pair(d.m, 0.0));
  let cube = inverse_root_cubed(Pair(d.m, 0.0));
  let square = r.hi * r.hi;
  let fifth = opt_barrier(square * (r.lo * (r.lo + 2.0)), r.hi) + square;
  let y = times_pow2_or_least(0.75 * cube * fifth, POW2_BIAS + 5u * (EVEN_BIAS - d.k));
  return root_checked(inverse_checked(y, x, x), x);
}

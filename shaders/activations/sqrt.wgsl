// sqrt(x) = x^(1/2)
fn sqrt(x: f32) -> f32 {
  let d = even_parts(x);
  let y = times_pow2(root(Pair(d.m, 0.0)), POW2_BIAS + d.k - EVEN_BIAS);
  let x_bits = bitcast<u32>(x) & MAGNITUDE_BITS;
  let is_end = (x_bits == 0u) | (x_bits == INFINITY_BITS);
  return root_checked(select(y, x, is_end), x);
}

// 1 / (2 sqrt(x)).
fn sqrt_derivative(x: f32) -> f32 {
  let d = even_parts(x);
  let y = times_pow2(inverse_root(Pair(d.m, 0.0)), POW2_BIAS + EVEN_BIAS - 1u - d.k);
  return root_checked(inverse_checked(y, x, x), x);
}

// From y: 1 / (2 y).
fn sqrt_derivative_from_output(y: f32) -> f32 {
  let d = normalized(y);
  let r = quotient_parts(Pair(1.0, 0.0), d.m);
  let half = times_pow2(r.hi + r.lo, POW2_BIAS + NORMALIZED_BIAS - 1u - d.k);
  return inverse_checked(copy_sign(half, y), y, y);
}

// -1 / (4 sqrt(x)^3).
fn sqrt_second_derivative(x: f32) -> f32 {
  let d = even_parts(x);
  let cube = inverse_root_cubed(Pair(d.m, 0.0));
  let y = times_pow2_or_least(-cube, POW2_BIAS + 3u * (EVEN_BIAS - d.k) - 2u);
  return root_checked(inverse_checked(y, x, flip_sign(-1.0, x)), x);
}

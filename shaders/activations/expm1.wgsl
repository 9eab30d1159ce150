// expm1(x) = e^x - 1

// From this x on, e^x is infinite.
const EXPM1_LIMIT: f32 = 89.0;

// With e^x = 2^k (1 + q) it is 2^k q + (2^k - 1) below 0, and 2^k (q + (1 - 2^-k)) above.
fn expm1(x: f32) -> f32 {
  let is_above = is_nonnegative(x);
  let e = exp_parts(clamp_magnitude(x, select(EXP_LIMIT, EXPM1_LIMIT, is_above)), MAGIC_127);
  let k = exp_exponent(e, MAGIC_127) + 127u;
  let s = bitcast<f32>(select_bits(k, 254u - min(k, 254u), is_above) << 23u);
  let above = times_pow2(opt_barrier(1.0 - s, e.t) + e.q, POW2_BIAS + k - 127u);
  let y = select((1.0 - s) - s * e.q, above, is_above);
  return keep_nan(copy_sign(y, x), x);
}

// e^x.
fn expm1_derivative(x: f32) -> f32 {
  return exponential(x);
}

// e^x.
fn expm1_second_derivative(x: f32) -> f32 {
  return exponential(x);
}

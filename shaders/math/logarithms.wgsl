// Logarithms of any positive numbers.

// (f - log(1 + f)) / f^2 for 1 + f from sqrt(1/2) to sqrt(2); log(1 + f) has an error of 0.070 *
// 2^-24 of itself then. From scripts/fit.py, "log_rest".
fn log_rest(f: f32) -> f32 {
  return octic(
    f, 0.499999881, -0.333333254, 0.250016034, -0.200019881, 0.166086495, -0.141814768, 0.132460773,
    -0.129072174, 0.0761754438,
  );
}

// log(hi + lo) to 1.5 ulp for a finite hi > 0 and a lo below its last bit. It is k ln 2 + log(1 +
// f), and the larger part of k ln 2 is exact.
fn logarithm(u: Pair) -> f32 {
  let d = normalized(u.hi);
  let is_upper = d.m > 1.41421354;
  let half = select(1.0, 0.5, is_upper);
  let k = d.k + select_bits(0u, 1u, is_upper);
  // 2^23 plus k, and 2^23 plus NORMALIZED_BIAS.
  let exponent = bitcast<f32>(k | TWO_POW_23_BITS) - 8388884.0;
  // lo without the 2^k; it is 0 where a limit cuts k.
  let limited = min(max(k, NORMALIZED_BIAS - 64u), NORMALIZED_BIAS + 127u);
  let lo = u.lo * bitcast<f32>((NORMALIZED_BIAS + 127u - limited) << 23u);
  let f = opt_barrier(d.m * half - 1.0, d.m) + lo;
  let rest = opt_barrier(exponent * LN_2_LOW - f * f * log_rest(f), d.m);
  return exponent * LN_2_HIGH + opt_barrier(f + rest, d.m);
}

// y, or its values for special u: -Inf for 0, Inf for Inf, and NaN below 0 and for NaN.
fn logarithm_checked(y: f32, u: f32) -> f32 {
  let of_zero = select(y, infinity(-1.0), (bitcast<u32>(u) & MAGNITUDE_BITS) == 0u);
  let of_infinity = select(of_zero, u, bitcast<u32>(u) == INFINITY_BITS);
  return keep_nan(nan_where_negative(of_infinity, u), u);
}

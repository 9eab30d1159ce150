// Quotients of any numbers. WGSL bounds the error of a division only for divisors from 2^-126 to
// 2^126, so that divisions are of significands here, and exponents are set aside.

// The exponent of 1.0 in Normalized.
const NORMALIZED_BIAS: u32 = 276u;

// |x| as m * 2^(k - NORMALIZED_BIAS) with 1 <= m < 2.
struct Normalized { m: f32, k: u32 }

// The parts of any finite x other than 0. A subnormal number is a whole multiple of 2^-149, and
// devices that flush it convert this whole number exactly.
fn normalized(x: f32) -> Normalized {
  let is_subnormal = exponent(x) == 0u;
  let whole = f32(bitcast<u32>(x) & MANTISSA_BITS);
  let y = select(copy_sign(x, 1.0), whole, is_subnormal);
  return Normalized(significand(y), exponent(y) + select_bits(149u, 0u, is_subnormal));
}

// a / b to 0.6 ulp for all a and b. Zeros, infinities and NaN are those of IEEE 754.
fn quotient(a: f32, b: f32) -> f32 {
  let n = normalized(a);
  let d = normalized(b);
  let q = quotient_parts(Pair(n.m, 0.0), d.m);
  return quotient_checked(times_pow2(q.hi + q.lo, POW2_BIAS + n.k - d.k), a, b);
}

// y with the sign of a / b, or what a / b is for zeros, infinities and NaN.
fn quotient_checked(y: f32, a: f32, b: f32) -> f32 {
  let a_bits = bitcast<u32>(a) & MAGNITUDE_BITS;
  let b_bits = bitcast<u32>(b) & MAGNITUDE_BITS;
  let is_zero = (a_bits == 0u) | (b_bits == INFINITY_BITS);
  let is_infinite = (b_bits == 0u) | (a_bits == INFINITY_BITS);
  let of_zero = select_bits(bitcast<u32>(y), 0u, is_zero);
  let of_infinity = select_bits(of_zero, INFINITY_BITS, is_infinite);
  let bits = select_bits(of_infinity, QUIET_NAN_BITS, is_zero & is_infinite);
  let sign = (bitcast<u32>(a) ^ bitcast<u32>(b)) & SIGN_BIT;
  return keep_nan(keep_nan(bitcast<f32>(bits ^ sign), b), a);
}

// a / b in two parts to 2^-32 for all a and b, of which the second is 0 where the first is a zero, an
// infinity or NaN. Both are cut where they are no normal numbers. The barrier is for a constant b.
fn quotient_pair(a: f32, b: f32) -> Pair {
  let n = normalized(a);
  let d = normalized(b);
  let q = quotient_parts(Pair(n.m, 0.0), opt_barrier(d.m, a * a));
  let k = POW2_BIAS + n.k - d.k;
  let y = quotient_checked(times_pow2(q.hi, k), a, b);
  let is_finite = (exponent(y) > 0u) & (exponent(y) < 255u);
  let sign = flip_sign(copy_sign(1.0, a), b);
  return Pair(y, select(0.0, flip_sign(times_pow2(q.lo, k), sign), is_finite));
}

// A power of 1 / x that is y for finite x, with the signs of y and of infinity(sign).
fn inverse_checked(y: f32, x: f32, sign: f32) -> f32 {
  let x_bits = bitcast<u32>(x) & MAGNITUDE_BITS;
  let of_infinity = select(y, copy_sign(0.0, sign), x_bits == INFINITY_BITS);
  return keep_nan(select(of_infinity, infinity(sign), x_bits == 0u), x);
}

// 1 / x for any x.
fn inverse(x: f32) -> f32 {
  let d = normalized(x);
  let r = quotient_parts(Pair(1.0, 0.0), d.m);
  let y = times_pow2(r.hi + r.lo, POW2_BIAS + NORMALIZED_BIAS - d.k);
  return inverse_checked(copy_sign(y, x), x, x);
}

// 1 / x^2 for any x: the square of the quotient's upper part is exact.
fn inverse_square(x: f32) -> f32 {
  let d = normalized(x);
  let r = quotient_parts(Pair(1.0, 0.0), d.m);
  let square = r.hi * r.hi + r.lo * (2.0 * r.hi + r.lo);
  let y = times_pow2(square, POW2_BIAS + 2u * (NORMALIZED_BIAS - d.k));
  return inverse_checked(y, x, 1.0);
}

// 2 / x^3 for any x.
fn twice_inverse_cube(x: f32) -> f32 {
  let d = normalized(x);
  let r = quotient_parts(Pair(1.0, 0.0), d.m);
  let square = r.hi * r.hi + r.lo * (2.0 * r.hi + r.lo);
  let cube = opt_barrier(square, r.hi) * (r.hi + r.lo);
  let y = times_pow2(cube, POW2_BIAS + 3u * (NORMALIZED_BIAS - d.k) + 1u);
  return inverse_checked(copy_sign(y, x), x, x);
}

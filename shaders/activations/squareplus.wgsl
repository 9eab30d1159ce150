// squareplus(x; b) = (x + sqrt(x^2 + b)) / 2, which is relu for b = 0, and NaN where x^2 + b < 0
//
// With e the exponent of |x| or of sqrt(|b|), whichever is larger, a = |x| / 2^e and b / 2^2e make
// an a^2 + b from 1 to 8 for b > 0. One that is lost beside the other is 0. Powers of two are
// multiplied at the end.
struct Squareplus { a: f32, b: f32, e: u32 }

fn squareplus_parts(x: f32, b: f32) -> Squareplus {
  let b_half = select_bits(((exponent(b) + 1u) >> 1u) + 63u, 0u, exponent(b) == 0u);
  let e = select_bits(b_half, exponent(x), exponent(x) > b_half);
  let a = with_exponent(copy_sign(x, 1.0), exponent(x) + 127u - e);
  let scaled_b = with_exponent(b, exponent(b) + 254u - e - e);
  let has_a = (exponent(x) + 60u > e) & (exponent(x) > 0u);
  let has_b = (exponent(b) + 214u > e + e) & (exponent(b) > 0u);
  return Squareplus(select(0.0, a, has_a), select(0.0, scaled_b, has_b), e);
}

// a^2 + b.
fn squareplus_square(p: Squareplus, b: f32) -> Pair {
  let square = two_prod_fast(p.a, p.a);
  let is_b_larger = abs(p.b) > square.hi;
  let larger = select(square.hi, p.b, is_b_larger);
  let smaller = select(p.b, square.hi, is_b_larger);
  let positive = p.a * p.a;
  let sum = opt_barrier(larger + smaller, positive);
  var hi = sum;
  var lo = (smaller - opt_barrier(sum - larger, positive)) + square.lo;
  // Where the two cancel, all bits of the square count.
  if (is_negative(b) & (abs(sum) < 0.9 * abs(p.b))) {
    let exact = two_prod(p.a, p.a, positive);
    hi = opt_barrier(exact.hi + p.b, positive) + exact.lo;
    lo = 0.0;
  }
  return Pair(hi, lo);
}

// y, or its values for special squares: at_0 for 0, and NaN below.
fn squareplus_checked(y: f32, d: Pair, at_0: f32) -> f32 {
  return nan_where_negative(select(y, at_0, d.hi == 0.0), d.hi);
}

// y, or this limit for an infinite b, and NaN for minus that.
fn squareplus_of_b(y: f32, x: f32, b: f32, limit: f32) -> f32 {
  let is_limit = bitcast<u32>(b) == INFINITY_BITS;
  return keep_nan(select(nan_unless_finite(y, b), limit, is_limit), x);
}

// The derivatives of relu, to which b = 0 leads: y, or NaN for x = 0.
fn squareplus_of_relu(y: f32, x: f32) -> f32 {
  return select(y, bitcast<f32>(bitcast<u32>(x) | QUIET_NAN_BITS), exponent(x) == 0u);
}

// For x < 0, b / (2 (sqrt(x^2 + b) - x)).
fn squareplus(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  let d = squareplus_square(p, b);
  // Without the barrier, one more rounding would make an infinity of the largest x.
  let sum = p.a + opt_barrier(select(root(d), 0.0, d.hi == 0.0), p.a);
  let below = significand(b) * reciprocal(sum);
  let is_above = is_nonnegative(x);
  let k_below = exponent(b) + POW2_BIAS - 1u - p.e;
  let k = select_bits(k_below, p.e + POW2_BIAS - 128u, is_above);
  let y = times_pow2(select(below, sum, is_above), k);
  let checked = squareplus_checked(y, d, 0.5 * x);
  let rectified = select(checked, select(0.0, x, is_positive(x)), exponent(b) == 0u);
  let with_end = select(rectified, flip_sign(0.0, b), bitcast<u32>(x) == MINUS_INFINITY_BITS);
  return squareplus_of_b(with_end, x, b, infinity(1.0));
}

// (1 + x / s) / 2 with s = sqrt(x^2 + b): for x < 0 b / (2 (s^2 - x s)), and 1 minus that of -x.
fn squareplus_derivative(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  let d = squareplus_square(p, b);
  let y = significand(b) * reciprocal(p.a * root(d) + (d.hi + d.lo));
  let below = times_pow2(y, exponent(b) + (POW2_BIAS + 126u) - p.e - p.e);
  let checked = squareplus_checked(below, d, infinity(-1.0));
  let y_of_b = select(checked, 1.0 - checked, is_nonnegative(x));
  let of_relu = squareplus_of_relu(select(0.0, 1.0, is_nonnegative(x)), x);
  return squareplus_of_b(select(y_of_b, of_relu, exponent(b) == 0u), x, b, 0.5);
}

// b / (2 sqrt(x^2 + b)^3).
fn squareplus_second_derivative(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  let d = squareplus_square(p, b);
  let inverse = inverse_root(d);
  let y = inverse * inverse * inverse * significand(b);
  let k = exponent(b) + (POW2_BIAS + 253u) - p.e - p.e - p.e;
  let checked = squareplus_checked(times_pow2(y, k), d, infinity(-1.0));
  let of_relu = squareplus_of_relu(0.0, x);
  return squareplus_of_b(select(checked, of_relu, exponent(b) == 0u), x, b, 0.0);
}

// 1 / (4 sqrt(x^2 + b)).
fn squareplus_derivative_b(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  let d = squareplus_square(p, b);
  let y = times_pow2(inverse_root(d), POW2_BIAS + 125u - p.e);
  return squareplus_of_b(squareplus_checked(y, d, infinity(1.0)), x, b, 0.0);
}

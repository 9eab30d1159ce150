// squareplus(x; b) = (x + sqrt(x^2 + b)) / 2
//
// With e the exponent of |x| or of sqrt(b), whichever is larger, a = |x| / 2^e and b / 2^2e make an
// a^2 + b from 1 to 8. One that is lost beside the other is 0. Powers of two are multiplied at the
// end: the sums of biases below are what times_pow2() takes for them.
struct Squareplus { a: f32, b: f32, e: u32 }

fn squareplus_parts(x: f32, b: f32) -> Squareplus {
  let b_half = ((exponent(b) + 1u) >> 1u) + 63u;
  let e = select_bits(b_half, exponent(x), exponent(x) > b_half);
  let a = with_exponent(copy_sign(x, 1.0), exponent(x) + 127u - e);
  let scaled_b = with_exponent(b, exponent(b) + 254u - e - e);
  let has_a = exponent(x) + 60u > e;
  let has_b = exponent(b) + 214u > e + e;
  return Squareplus(select(0.0, a, has_a), select(0.0, scaled_b, has_b), e);
}

fn squareplus_square(p: Squareplus) -> Pair {
  return sum_parts(two_prod_fast(p.a, p.a), p.b);
}

// For x < 0, b / (2 (sqrt(x^2 + b) - x)).
fn squareplus(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  let d = squareplus_square(p);
  // Without the barrier, one more rounding would make an infinity of the largest x.
  let sum = p.a + opt_barrier(root(d), d.hi);
  let below = with_exponent(b, 127u) * reciprocal(sum);
  let is_above = is_nonnegative(x);
  let k = select_bits(exponent(b) + 511u - p.e, p.e + 384u, is_above);
  let y = times_pow2(select(below, sum, is_above), k);
  return keep_nan(select(y, 0.0, bitcast<u32>(x) == MINUS_INFINITY_BITS), x);
}

// (1 + x / s) / 2 with s = sqrt(x^2 + b): for x < 0 b / (2 (s^2 - x s)), and 1 minus that of -x.
fn squareplus_derivative(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  let d = squareplus_square(p);
  let y = with_exponent(b, 127u) * reciprocal(p.a * root(d) + (d.hi + d.lo));
  let below = times_pow2(y, exponent(b) + 638u - p.e - p.e);
  return keep_nan(select(below, 1.0 - below, is_nonnegative(x)), x);
}

// b / (2 sqrt(x^2 + b)^3).
fn squareplus_second_derivative(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  let inverse = inverse_root(squareplus_square(p));
  let y = inverse * inverse * inverse * with_exponent(b, 127u);
  return keep_nan(times_pow2(y, exponent(b) + 765u - p.e - p.e - p.e), x);
}

// 1 / (4 sqrt(x^2 + b)).
fn squareplus_derivative_b(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  return keep_nan(times_pow2(inverse_root(squareplus_square(p)), 637u - p.e), x);
}

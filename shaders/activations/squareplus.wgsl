// With e the exponent of |x| or of sqrt(b), the larger one: a = |x| / 2^e and b / 2^2e, so that a^2 + b is from 1 to 8. One that is not
// seen beside the other is 0.
struct Squareplus { a: f32, b: f32, e: u32 }

fn squareplus_parts(x: f32, b: f32) -> Squareplus {
  let b_half = ((exponent(b) + 1u) >> 1u) + 63u;
  let e = select_bits(b_half, exponent(x), exponent(x) > b_half);
  let a = select(0.0, with_exponent(copy_sign(x, 1.0), exponent(x) + 127u - e), exponent(x) + 60u > e);
  let scaled_b = select(0.0, with_exponent(b, exponent(b) + 254u - e - e), exponent(b) + 214u > e + e);
  return Squareplus(a, scaled_b, e);
}

fn squareplus_square(p: Squareplus) -> Pair {
  return sum_parts(product(p.a, p.a), p.b);
}

// (x + sqrt(x^2 + b)) / 2; for x < 0 b / (2 (sqrt(x^2 + b) - x)).
fn squareplus(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  let d = squareplus_square(p);
  // Fenced: a rounding more is an infinity at the largest x.
  let sum = p.a + fence(root(d), d.hi);
  let below = with_exponent(b, 127u) * reciprocal(sum);
  let is_above = is_nonnegative(x);
  let k = select_bits(exponent(b) + 511u - p.e, p.e + 384u, is_above);
  let y = times_pow2(select(below, sum, is_above), k);
  return keep_nan(select(y, 0.0, bitcast<u32>(x) == 0xff800000u), x);
}

// (1 + x / s) / 2 with s = sqrt(x^2 + b): for x < 0 b / (2 (s^2 - x s)), and 1 minus that of -x.
fn squareplus_derivative(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  let d = squareplus_square(p);
  let denominator = p.a * root(d) + (d.hi + d.lo);
  let below = times_pow2(with_exponent(b, 127u) * reciprocal(denominator), exponent(b) + 638u - p.e - p.e);
  return keep_nan(select(below, 1.0 - below, is_nonnegative(x)), x);
}

// b / (2 sqrt(x^2 + b)^3).
fn squareplus_second_derivative(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  let inverse = inverse_root(squareplus_square(p));
  let y = inverse * inverse * inverse * with_exponent(b, 127u);
  return keep_nan(times_pow2(y, exponent(b) + 765u - p.e - p.e - p.e), x);
}

// The derivative with respect to b: 1 / (4 sqrt(x^2 + b)).
fn squareplus_derivative_b(x: f32, b: f32) -> f32 {
  let p = squareplus_parts(x, b);
  return keep_nan(times_pow2(inverse_root(squareplus_square(p)), 637u - p.e), x);
}

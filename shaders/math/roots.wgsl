// Square roots, and powers of two on bits that keep squares within f32.

// The biased exponent of x, which is 127 for 1, 0 for numbers that devices may flush, and 255 for
// an infinity.
fn exponent(x: f32) -> u32 {
  return (bitcast<u32>(x) >> 23u) & 0xffu;
}

// x with another exponent.
fn with_exponent(x: f32, e: u32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x807fffffu) | (e << 23u));
}

// times_pow2() takes this for an exponent of 0, so that k is never negative.
const POW2_BIAS: u32 = 512u;

// y * 2^(k - POW2_BIAS): 0 below the smallest normal number, and an infinity beyond the largest.
fn times_pow2(y: f32, k: u32) -> f32 {
  let e = exponent(y) + k;
  let is_zero = (e <= POW2_BIAS) | (exponent(y) == 0u);
  let finite = select(with_exponent(y, e - POW2_BIAS), copy_sign(0.0, y), is_zero);
  let infinity = bitcast<f32>((bitcast<u32>(y) & SIGN_BIT) | INFINITY_BITS);
  return select(finite, infinity, e >= POW2_BIAS + 255u);
}

// a + b for a >= 0 and b >= 0, to 2^-35 of the sum and of a.lo.
fn sum_parts(a: Pair, b: f32) -> Pair {
  let larger = bitcast<f32>(max(bitcast<u32>(a.hi), bitcast<u32>(b)));
  let smaller = bitcast<f32>(min(bitcast<u32>(a.hi), bitcast<u32>(b)));
  let sum = fast_two_sum(larger, smaller);
  return Pair(sum.hi, sum.lo + a.lo);
}

// 1 / sqrt(d) as hi (1 + lo) to 2^-31, for 1 <= d < 2^105, however sloppy the estimate is: its
// upper 12 bits have an exact square, and the remainder e = 1 - d hi^2, below 2^-9, is exact but
// for the last bit of terms of 2^-11. lo = e / 2 + 3/8 e^2 are the first terms of the series of the
// root.
fn inverse_root_parts(d: Pair) -> Pair {
  let r = upper(inverseSqrt(d.hi));
  let square = r * r;
  let square_upper = upper(square);
  let d_upper = upper(d.hi);
  let d_lower = opt_barrier(d.hi - d_upper, r) + d.lo;
  let rest = d_upper * (square - square_upper) + d_lower * square;
  let e = opt_barrier(1.0 - d_upper * square_upper, r) - rest;
  return Pair(r, e * (0.375 * e + 0.5));
}

// 1 / sqrt(d) to 0.8 ulp, with less care for the remainder. The barriers keep compilers from making
// (d.hi + d.lo) r^2 and r (1 + lo), which have a rounding more.
fn inverse_root(d: Pair) -> f32 {
  let r = upper(inverseSqrt(d.hi));
  let square = r * r;
  let e = opt_barrier(1.0 - d.hi * square, r) - d.lo * square;
  return opt_barrier(r * (e * (0.375 * e + 0.5)), r) + r;
}

// sqrt(d) to 0.6 ulp in the same way: 12 bits have an exact square, and two corrections follow.
fn root(d: Pair) -> f32 {
  let half_inverse = 0.5 * inverseSqrt(d.hi);
  let y = upper(2.0 * d.hi * half_inverse);
  let left = opt_barrier(d.hi - y * y, half_inverse) + d.lo;
  let t = half_inverse * left;
  return (half_inverse * (left - t * (2.0 * y + t)) + t) + y;
}

// The parts of 1 + alpha x^2 = 1 + A a^2: alpha = A 2^(2h) with 1 <= A < 4, and a = |x| 2^h with
// unit 2^h. An a beyond 2^51 is cut, since the 1 has been lost long before.
struct Isru { a: f32, A: f32, unit: f32, inverse_unit: f32 }

fn isru_parts(x: f32, alpha: f32) -> Isru {
  let half = (exponent(alpha) + 1u) >> 1u;
  let unit = bitcast<f32>((half + 63u) << 23u);
  let A = with_exponent(alpha, 128u - (exponent(alpha) & 1u));
  return Isru(magnitude(x * unit, TWO_POW_51), A, unit, bitcast<f32>((191u - half) << 23u));
}

// 1 + A a^2. The upper 8 bits of A and a have an exact product A a^2.
fn isru_square(p: Isru) -> Pair {
  let A_upper = bitcast<f32>(bitcast<u32>(p.A) & 0xffff0000u);
  let a_upper = bitcast<f32>(bitcast<u32>(p.a) & 0xffff0000u);
  let rest = A_upper * ((p.a - a_upper) * (p.a + a_upper)) + (p.A - A_upper) * (p.a * p.a);
  return sum_parts(fast_two_sum(A_upper * (a_upper * a_upper), rest), 1.0);
}

// x / sqrt(1 + alpha x^2), which is x for an alpha of 0.
fn isru_of(x: f32, alpha: f32) -> f32 {
  let p = isru_parts(x, alpha);
  let inverse = inverse_root(isru_square(p));
  let far = copy_sign(p.a * inverse, x) * p.inverse_unit;
  return select(select(x * inverse, far, p.a > 1.0), x, exponent(alpha) == 0u);
}

// 1 / sqrt(1 + alpha x^2)^3: the cube of the root has two roundings.
fn isru_derivative_of(x: f32, alpha: f32) -> f32 {
  let r = inverse_root_parts(isru_square(isru_parts(x, alpha)));
  let square = r.hi * r.hi;
  let y = (opt_barrier(square * (r.lo * ((r.lo + 3.0) * r.lo + 3.0)), r.hi) + square) * r.hi;
  return select(y, 1.0, exponent(alpha) == 0u);
}

// Beyond it, the second derivative of isru is below every normal number.
const ISRU_FLAT: f32 = 1125899906842624.0;

// -3 alpha x / sqrt(1 + alpha x^2)^5. Powers of the root are multiplied where they are not flushed,
// and a small x is multiplied before it becomes smaller.
fn isru_second_derivative_of(x: f32, alpha: f32) -> f32 {
  let p = isru_parts(x, alpha);
  let inverse = inverse_root(isru_square(p));
  let square = inverse * inverse;
  let small = opt_barrier(3.0 * p.A * abs(x), inverse) * p.unit;
  let start = select(3.0 * p.A * p.a, small, (p.a <= 1.0) & (p.unit < 1.0));
  let y = opt_barrier(start * inverse * opt_barrier(square * p.unit, inverse), inverse) * square;
  let is_zero = (exponent(alpha) == 0u) | (p.a > ISRU_FLAT);
  return select(flip_sign(y, flip_sign(-1.0, x)), 0.0, is_zero);
}

// The derivative with respect to alpha: -(x / sqrt(1 + alpha x^2))^3 / 2.
fn isru_derivative_alpha_of(x: f32, alpha: f32) -> f32 {
  let y = isru_of(x, alpha);
  return -0.5 * y * y * y;
}

// Square roots.

// a + b for a >= 0 and b >= 0, to 2^-35 of the sum and of a.lo.
fn sum_parts(a: Pair, b: f32) -> Pair {
  let larger = bitcast<f32>(max(bitcast<u32>(a.hi), bitcast<u32>(b)));
  let smaller = bitcast<f32>(min(bitcast<u32>(a.hi), bitcast<u32>(b)));
  let sum = fast_two_sum(larger, smaller);
  return Pair(sum.hi, sum.lo + a.lo);
}

// 1 / sqrt(d) as hi (1 + lo) to 2^-31, for 2^-72 <= d < 2^105, however sloppy the estimate is: its
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

// 1 / sqrt(d)^3 to 1.5 ulp: the cube of the root has two roundings.
fn inverse_root_cubed(d: Pair) -> f32 {
  let r = inverse_root_parts(d);
  let square = r.hi * r.hi;
  return (opt_barrier(square * (r.lo * ((r.lo + 3.0) * r.lo + 3.0)), r.hi) + square) * r.hi;
}

// The exponent of sqrt(1.0) in even_parts().
const EVEN_BIAS: u32 = 138u;

// |x| as m * 4^(k - EVEN_BIAS) with 1 <= m < 4, for any finite x other than 0.
fn even_parts(x: f32) -> Normalized {
  let d = normalized(x);
  return Normalized(with_exponent(d.m, 127u + (d.k & 1u)), d.k >> 1u);
}

// y for x >= 0, -0 and NaN, else NaN.
fn root_checked(y: f32, x: f32) -> f32 {
  return keep_nan(nan_where_negative(y, x), x);
}

// The parts of 1 + alpha x^2 = 1 + A a^2: alpha = A 2^(2h) with 1 <= |A| < 4, and a = |x| 2^h with
// unit 2^h. An a beyond 2^51 is cut, since the 1 has been lost long before.
struct Isru { a: f32, A: f32, unit: f32, inverse_unit: f32 }

fn isru_parts(x: f32, alpha: f32) -> Isru {
  let half = (exponent(alpha) + 1u) >> 1u;
  let unit = bitcast<f32>((half + 63u) << 23u);
  let A = with_exponent(alpha, 128u - (exponent(alpha) & 1u));
  return Isru(magnitude(x * unit, TWO_POW_51), A, unit, bitcast<f32>((191u - half) << 23u));
}

// 1 + A a^2. The upper 8 bits of A and a have an exact product A a^2.
fn isru_square(p: Isru, alpha: f32) -> Pair {
  let A_upper = bitcast<f32>(bitcast<u32>(p.A) & 0xffff0000u);
  let a_upper = bitcast<f32>(bitcast<u32>(p.a) & 0xffff0000u);
  let square = p.a * p.a;
  let rest = A_upper * ((p.a - a_upper) * (p.a + a_upper)) + (p.A - A_upper) * square;
  let first = A_upper * (a_upper * a_upper);
  let product = opt_barrier(first + rest, square);
  let product_rest = rest - opt_barrier(product - first, square);
  let is_larger = abs(product) > 1.0;
  let larger = select(1.0, product, is_larger);
  let smaller = select(product, 1.0, is_larger);
  let sum = opt_barrier(larger + smaller, square);
  var hi = sum;
  var lo = (smaller - opt_barrier(sum - larger, square)) + product_rest;
  // Where the two cancel, all 72 bits of the product count.
  if (is_negative(alpha) & (abs(sum) < 0.02)) {
    let exact_square = two_prod(p.a, p.a, square);
    let large = two_prod(p.A, exact_square.hi, square);
    let small = two_prod(p.A, exact_square.lo, square);
    let first_sum = opt_barrier(opt_barrier(1.0 + large.hi, square) + large.lo, square);
    hi = opt_barrier(first_sum + small.hi, square) + small.lo;
    lo = 0.0;
  }
  return Pair(hi, lo);
}

// y, or its values for special squares: an infinity of this sign for 0, and NaN below. An infinite
// alpha makes 0 of y, but NaN for x = 0.
fn isru_checked(y: f32, d: Pair, x: f32, alpha: f32, sign: f32) -> f32 {
  let of_square = nan_where_negative(select(y, infinity(sign), d.hi == 0.0), d.hi);
  let is_flat = (bitcast<u32>(alpha) == INFINITY_BITS) & (exponent(x) > 0u);
  return select(nan_unless_finite(of_square, alpha), copy_sign(0.0, sign), is_flat);
}

// x / sqrt(1 + alpha x^2), which is x for an alpha of 0.
fn isru_of(x: f32, alpha: f32) -> f32 {
  let p = isru_parts(x, alpha);
  let d = isru_square(p, alpha);
  let inverse = inverse_root(d);
  let far = copy_sign(p.a * inverse, x) * p.inverse_unit;
  let y = isru_checked(select(x * inverse, far, p.a > 1.0), d, x, alpha, x);
  return select(y, x, exponent(alpha) == 0u);
}

// 1 / sqrt(1 + alpha x^2)^3.
fn isru_derivative_of(x: f32, alpha: f32) -> f32 {
  let d = isru_square(isru_parts(x, alpha), alpha);
  let y = isru_checked(inverse_root_cubed(d), d, x, alpha, 1.0);
  return select(y, 1.0, exponent(alpha) == 0u);
}

// Beyond it, the second derivative of isru is below every normal number.
const ISRU_FLAT: f32 = 1125899906842624.0;

// -3 alpha x / sqrt(1 + alpha x^2)^5. Powers of the root are multiplied where they are not flushed,
// and a small x is multiplied before it becomes smaller.
fn isru_second_derivative_of(x: f32, alpha: f32) -> f32 {
  let p = isru_parts(x, alpha);
  let d = isru_square(p, alpha);
  let inverse = inverse_root(d);
  let square = inverse * inverse;
  let small = opt_barrier(3.0 * p.A * abs(x), inverse) * p.unit;
  let start = select(3.0 * p.A * p.a, small, (p.a <= 1.0) & (p.unit < 1.0));
  let y = opt_barrier(start * inverse * opt_barrier(square * p.unit, inverse), inverse) * square;
  let sign = flip_sign(-1.0, x);
  let far = select(flip_sign(y, sign), 0.0, p.a > ISRU_FLAT);
  let curvature = isru_checked(far, d, x, alpha, flip_sign(sign, alpha));
  return select(curvature, 0.0, exponent(alpha) == 0u);
}

// The derivative with respect to alpha: -(x / sqrt(1 + alpha x^2))^3 / 2.
fn isru_derivative_alpha_of(x: f32, alpha: f32) -> f32 {
  let y = isru_of(x, alpha);
  return -0.5 * y * y * y;
}

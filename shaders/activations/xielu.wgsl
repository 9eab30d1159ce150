// xielu(x; alpha_p, alpha_n, beta, eps) = alpha_p x^2 + beta x for x > 0,
// else alpha_n (e^min(x, eps) - 1 - x) + beta x
//
// For x < 0 the function has a zero, and so has its derivative, where two terms cancel, at places
// that depend on the parameters. At the f32 next to these the terms have to be known to 2^-50: they
// are computed in integers, which no compiler regroups or flushes.

// (e^r - 1 - r - r^2 / 2) / r^3 for |r| <= 0.3475; e^r has an error of 0.002 * 2^-24 then. From
// scripts/fit.py, "xielu_bend_polynomial".
fn xielu_bend_polynomial(r: f32, r2: f32) -> f32 {
  let low = cubic(r, r2, 0.166666672, 0.0416664667, 0.00833320897, 0.00139347988);
  return r2 * r2 * 0.000199434842 + low;
}

// e^x = 2^k (1 + top + rest) with a top of 12 bits and a rest of 2^-7 at most, so that errors are
// below 2^-30 of it. bend is (e^r - 1 - r - r^2 / 2) / r, with r = x - k ln 2. The low bits of t
// hold k + 127.
struct FineExp { top: f32, rest: f32, bend: f32, t: f32 }

fn xielu_exp(x: f32) -> FineExp {
  let t = round_magic(x * LOG2_E, MAGIC_127);
  let k = t - MAGIC_127;
  let reduced = opt_barrier(x - k * LN_2_HIGH, t);
  let tail = k * LN_2_LOW;
  let r = reduced - tail;
  let r_upper = upper(reduced);
  let r_lower = opt_barrier(reduced - r_upper, t) - tail;
  let r2 = r * r;
  let bend = r2 * xielu_bend_polynomial(r, r2);
  let square = 0.5 * r_upper * r_upper;
  let top = upper(r_upper + square);
  let small = r_lower * (0.5 * r_lower + (r_upper + 1.0)) + r * bend;
  let rest = opt_barrier(opt_barrier(r_upper - top, t) + square, t) + small;
  return FineExp(top, rest, bend, t);
}

// a x - b y + middle + rest, with a small error relative to the result also where it cancels:
// products of upper and lower halves are exact, and where the sum is small, so are their sums one
// by one. middle is a product of 12 and 12 bits.
fn xielu_difference(
  a: f32, x: f32, b: f32, y: f32, middle: f32, rest: f32, t: f32,
) -> f32 {
  let a_upper = upper(a);
  let x_upper = upper(x);
  let b_upper = upper(b);
  let y_upper = upper(y);
  let a_lower = a - a_upper;
  let x_lower = x - x_upper;
  let b_lower = b - b_upper;
  let y_lower = y - y_upper;
  let first = opt_barrier(opt_barrier(a_upper * x_upper - b_upper * y_upper, t) + middle, t);
  let least = (a_lower * x_lower - b_lower * y_lower) + rest;
  let lower_x = a_upper * x_lower - b_upper * y_lower;
  let lower_a = a_lower * x_upper - b_lower * y_upper;
  var sum = first + ((lower_x + lower_a) + least);
  if (abs(first) < 0.002 * (b * y)) {
    let second = opt_barrier(first + a_upper * x_lower, t);
    let third = opt_barrier(second - b_upper * y_lower, t);
    let fourth = opt_barrier(third + a_lower * x_upper, t);
    sum = opt_barrier(fourth - b_lower * y_upper, t) + least;
  }
  return sum;
}

// ---------------------------------------------------------------- around zeros, in integers

// An integer of 64 bits.
struct Wide { hi: u32, lo: u32 }

fn wide_sum(a: Wide, b: Wide) -> Wide {
  let lo = a.lo + b.lo;
  return Wide(a.hi + b.hi + select_bits(0u, 1u, lo < a.lo), lo);
}

fn wide_difference(a: Wide, b: Wide) -> Wide {
  return Wide(a.hi - b.hi - select_bits(0u, 1u, a.lo < b.lo), a.lo - b.lo);
}

// a / 2^n.
fn wide_right(a: Wide, n: u32) -> Wide {
  let hi = select_bits(a.hi, 0u, n >= 32u);
  let lo = select_bits(select_bits(a.lo, a.hi, n >= 32u), 0u, n >= 64u);
  let m = n & 31u;
  return Wide(hi >> m, (lo >> m) | ((hi << 1u) << (31u - m)));
}

// a * 2^n for n < 64.
fn wide_left(a: Wide, n: u32) -> Wide {
  let hi = select_bits(a.hi, a.lo, n >= 32u);
  let lo = select_bits(a.lo, 0u, n >= 32u);
  let m = n & 31u;
  return Wide((hi << m) | ((lo >> 1u) >> (31u - m)), lo << m);
}

fn wide_product(a: u32, b: u32) -> Wide {
  return Wide(multiply_high(a, b), a * b);
}

// a b / 2^32. b may be negative.
fn wide_times(a: u32, b: Wide) -> Wide {
  let product = wide_sum(wide_product(a, b.hi), Wide(0u, multiply_high(a, b.lo)));
  return Wide(product.hi - select_bits(0u, a, b.hi >= SIGN_BIT), product.lo);
}

// a^2 / 2^64, for an a below 2^63.
fn wide_square(a: Wide) -> Wide {
  return wide_sum(wide_product(a.hi, a.hi), Wide(0u, 2u * multiply_high(a.hi, a.lo)));
}

// The 24 bits of |x|, and 0 for numbers that devices may flush.
fn mantissa(x: f32) -> u32 {
  return select_bits((bitcast<u32>(x) & MANTISSA_BITS) | 0x800000u, 0u, exponent(x) == 0u);
}

// (a - b) 2^(k - POW2_BIAS).
fn wide_number(a: Wide, b: Wide, k: u32) -> f32 {
  let difference = wide_difference(a, b);
  let is_negative = difference.hi >= SIGN_BIT;
  let opposite = wide_difference(Wide(0u, 0u), difference);
  let hi = f32(select_bits(difference.hi, opposite.hi, is_negative));
  let lo = f32(select_bits(difference.lo, opposite.lo, is_negative));
  let y = times_pow2(hi * TWO_POW_32 + lo, k);
  return select(y, -y, is_negative);
}

// 1/3 and 1/12 in 2^32 parts, and ln 2 in 2^31 parts and in 2^63 parts less these.
const XIELU_THIRD: u32 = 0x55555555u;
const XIELU_TWELFTH: u32 = 0x15555555u;
const XIELU_LN_2_HI: u32 = 0x58b90bfbu;
const XIELU_LN_2_LO: u32 = 0xe8e7bcd6u;

// G(v) = e^-v - 1 + v for v = half 2^(e - 189), in units of 2^(2e - 316). It starts with G = v^2 /
// 2 (1 - v / 3 + v^2 / 12), which is right for a small v, and goes on by G(2v) = 2 G(v) + (v -
// G(v))^2. Each step halves the errors before it, so that 2^-55 are left.
fn xielu_bend(half: Wide, e: u32) -> Wide {
  var steps = select_bits((e - 101u) >> 1u, 0u, e < 101u);
  // The shift for the smallest v.
  let down_of_first = steps + 125u - e;
  let square = wide_square(half);
  let twice = wide_sum(square, square);
  let twelfth = wide_right(wide_product(half.hi, XIELU_TWELFTH), 32u + down_of_first);
  let slope = XIELU_THIRD - twelfth.lo;
  let less = wide_right(wide_product(multiply_high(half.hi, slope), twice.hi), down_of_first);
  var bend = wide_difference(twice, less);
  while (steps > 0u) {
    let down = steps + 127u;
    let smaller = wide_right(bend, select_bits(0u, down - e, down > e));
    let shifted = wide_left(smaller, select_bits(0u, e - down, e > down));
    let rest = wide_difference(half, shifted);
    bend = wide_sum(wide_right(bend, 1u), wide_square(rest));
    steps -= 1u;
  }
  return bend;
}

// alpha_n (G(v) - (v - u)) - beta u for v < 32 and a u of v or a little less, where the terms
// nearly cancel.
fn xielu_around_zero(u: f32, v: f32, alpha_n: f32, beta: f32) -> f32 {
  let e = exponent(v);
  let bend = xielu_bend(Wide(mantissa(v) << 7u, 0u), e);
  let less = (mantissa(v) << (e - exponent(u))) - mantissa(u);
  let shifted = wide_left(Wide(0u, less), 164u + exponent(u) - 2u * e);
  let excess = wide_difference(wide_right(bend, 2u), shifted);
  let unit = exponent(alpha_n) + 2u * e;
  let product = wide_left(wide_product(mantissa(beta), mantissa(u)), 16u);
  let other = wide_right(product, unit - exponent(beta) - exponent(u) - 124u);
  let weighted = wide_times(mantissa(alpha_n) << 8u, excess);
  return wide_number(weighted, other, unit + (POW2_BIAS - 440u));
}

// beta - alpha_n (1 - e^-u) for u < 32, where the terms nearly cancel, as 2^-k (beta 2^k - alpha_n
// (2^k - 1) - alpha_n (1 - e^-w)) with w = u - k ln 2 >= 0.
fn xielu_derivative_around_zero(u: f32, alpha_n: f32, beta: f32) -> f32 {
  // A factor below log2(e), so that k is not too large. It is rounded down.
  let v = u * 1.4426;
  let t = round_magic(v, MAGIC);
  let k = (bitcast<u32>(t) - select_bits(0u, 1u, t - MAGIC > v)) & 63u;
  let logarithms = Wide(k * XIELU_LN_2_HI + multiply_high(k, XIELU_LN_2_LO), k * XIELU_LN_2_LO);
  let shifted = wide_left(Wide(0u, mantissa(u)), exponent(u) - 87u);
  let reduced = wide_difference(shifted, logarithms);
  let is_reduced = k > 0u;
  let e = select_bits(exponent(u), 126u, is_reduced);
  let half_hi = select_bits(mantissa(u) << 7u, reduced.hi, is_reduced);
  let half = Wide(half_hi, select_bits(0u, reduced.lo, is_reduced));
  let rest = wide_difference(half, wide_right(xielu_bend(half, e), 127u - e));
  let alpha = Wide(0u, mantissa(alpha_n));
  let unit = exponent(alpha_n) + e;
  let weighted = wide_left(Wide(0u, mantissa(beta)), exponent(beta) + 164u + k - unit);
  let whole = wide_difference(wide_sum(weighted, wide_left(alpha, 38u)), wide_left(alpha, 38u + k));
  let weighted_rest = wide_times(mantissa(alpha_n) << 7u, rest);
  return wide_number(whole, weighted_rest, unit + (POW2_BIAS - 314u) - k);
}

// ---------------------------------------------------------------- the function

// 2^-101, below the least eps.
const XIELU_TINY: f32 = 3.9443045e-31;

// For x <= 0 the factors are taken as these: alpha_n without its sign, which is that of the result,
// and both with a power of two, so that no lower half is flushed and no term overflows.
struct XieluFactors { alpha_n: f32, beta: f32, unit: f32 }

fn xielu_factors(alpha_n: f32, beta: f32) -> XieluFactors {
  let larger = max(exponent(alpha_n), exponent(beta));
  let up = select(select(1.0, TWO_POW_64, larger < 63u), TWO_POW_MINUS_12, larger > 245u);
  let down = select(select(1.0, TWO_POW_MINUS_64, larger < 63u), 4096.0, larger > 245u);
  let unit = flip_sign(down, alpha_n);
  return XieluFactors(copy_sign(alpha_n, 1.0) * up, flip_sign(beta, alpha_n) * up, unit);
}

// a x + b for x > 0. Where the signs differ, the two cancel.
fn xielu_line(a: f32, x: f32, b: f32) -> f32 {
  var y = scaled(a, x) + b;
  if (is_negative(flip_sign(a, b)) & (b != 0.0)) {
    let l = exact_line(a, x, b, 0.0);
    y = keep_nan(times_pow2(l.sum, l.k), y);
  }
  return y;
}

fn xielu(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  let above = scaled(xielu_line(alpha_p, x, beta), x);
  let factors = xielu_factors(alpha_n, beta);
  let A = factors.alpha_n;
  let B = factors.beta;
  let u = magnitude(x, F32_MAX);
  let v = select(u, -eps, u < -eps);
  let e = xielu_exp(-magnitude(v, EXP_LIMIT));
  let s = pow2(e.t);
  let weight = A * s;
  let weight_upper = upper(weight);
  let slope = opt_barrier(A - B, e.t);
  // The rounding error of slope.
  let slope_rest = opt_barrier(A - slope, e.t) - B;

  // u (A u / 2 - B - A bend) near 0, slope u - A v + A G(v) beyond eps, and slope u - A (1 - e^-u)
  // elsewhere.
  let is_near = s == 1.0;
  let is_bent = is_near & (u == v);
  let is_far = s < TWO_POW_MINUS_12;
  let lower = (weight - weight_upper) * e.top + weight * e.rest;
  let exponential = select(lower, weight * (1.0 + (e.top + e.rest)), is_far);
  let excess = (A * v) * (0.5 * v - e.bend);
  let bend = A * e.bend;
  let rest = select(select(exponential, excess, is_near) + slope_rest * u, -bend, is_bent);
  // Errors are relative to this.
  let inexact_far = select(weight * abs(e.top) * (e.bend + 0.002), exponential, is_far);
  let inexact = select(inexact_far, select(excess, bend, is_bent), is_near);
  let middle = select(weight_upper * e.top, 0.0, is_near | is_far);
  let y = xielu_difference(
    select(slope, A, is_bent),
    select(u, 0.5 * u, is_bent),
    select(A, B, is_bent),
    select(select(1.0 - s, select(v, 1.0, is_bent), is_near), 1.0, is_far),
    middle, rest, e.t,
  );
  var below = select(y * select(1.0, u, is_bent), 0.0, (u == 0.0) & is_bent);
  // The lower half of a tiny u would be flushed, and with a large B it counts beside eps.
  let fallen = select((1.0 - s) - s * (e.top + e.rest), v - v * (0.5 * v - e.bend), is_near);
  let beside = slope * (u * TWO_POW_32) - A * fallen * TWO_POW_32;
  let is_tiny = (u < XIELU_TINY) & (u < v) & (A < TWO_POW_64);
  below = select(below, opt_barrier(beside, e.t) * TWO_POW_MINUS_32, is_tiny);
  below = select(below, slope * u, exponent(slope * u) == 255u);
  // With a negative B, or an eps far from 0, no more digits are needed than the terms have.
  let has_zero = (B >= 0.0) & ((u == v) | (v < 0.002)) & !is_tiny;
  let is_around_zero = has_zero & (abs(y) < 2.0 * inexact) & (u < 32.0);
  if (is_around_zero) {
    below = xielu_around_zero(u, v, A, B);
  }
  let is_infinite = (bitcast<u32>(x) == MINUS_INFINITY_BITS) & (slope != 0.0);
  let is_line = is_infinite | (A == 0.0) | (exponent(B) == 255u);
  let line = scaled(B - A, x);
  below = nan_unless_finite(select(below, line, is_line) * factors.unit, alpha_n);
  // A float comparison, since it jumps at 0: a device that flushes x must take it for 0 here, too.
  return keep_nan(select(below, above, x > 0.0), x);
}

// 2 alpha_p x + beta for x > 0, else alpha_n (e^x - 1) + beta.
fn xielu_derivative(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  let is_small = abs(alpha_p) < 1.0;
  let double = select(alpha_p, 2.0 * alpha_p, is_small);
  let above = xielu_line(double, select(2.0 * x, x, is_small), beta);
  let factors = xielu_factors(alpha_n, beta);
  let A = factors.alpha_n;
  let B = factors.beta;
  let u = magnitude(x, EXP_LIMIT_OF_PRODUCT);
  let e = xielu_exp(-u);
  let k = POW2_BIAS + bitcast<u32>(e.t) - bitcast<u32>(MAGIC_127);
  let s = times_pow2(1.0, k);
  let weight = A * s;
  let weight_upper = upper(weight);
  let slope = opt_barrier(A - B, e.t);
  let slope_rest = select(opt_barrier(A - slope, e.t) - B, 0.0, s == 1.0);
  let whole = opt_barrier(select(weight - slope, B, s == 1.0), e.t);
  let small = ((weight - weight_upper) * e.top + weight * e.rest) - slope_rest;
  let parts = opt_barrier(whole + weight_upper * e.top, e.t) + small;
  // Lower halves may be flushed.
  let is_tiny = u < 1e-30;
  var below = select(parts, B - A * u, is_tiny);
  let inexact = weight * select(abs(e.top) * (e.bend + 0.002), 0.4 * u, is_tiny);
  let is_around_zero = (B >= 0.0) & (abs(below) < 2.0 * inexact) & (u < 32.0);
  if (is_around_zero) {
    below = xielu_derivative_around_zero(u, A, B);
  }
  // For an A that is B, the exponential alone is left.
  let tail = significand(A) * (1.0 + (e.top + e.rest));
  below = select(below, times_pow2(tail, k + exponent(A) - 127u), slope == 0.0);
  below = select(below, B, (A == 0.0) | (exponent(B) == 255u));
  below = nan_unless_finite(below * factors.unit, alpha_n);
  return keep_nan(select(below, above, is_positive(x)), x);
}

// 2 alpha_p for x > 0, else alpha_n e^x.
fn xielu_second_derivative(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  return keep_nan(select(scaled_exp(alpha_n, 1.0, x), 2.0 * alpha_p, is_positive(x)), x);
}

// x^2 for x > 0, else 0.
fn xielu_derivative_alpha_p(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  return where_positive(x, x * x);
}

// 0 for x > 0, else e^min(x, eps) - 1 - x.
fn xielu_derivative_alpha_n(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  let v = magnitude(select(x, eps, -x < -eps), EXP_LIMIT);
  let e = xielu_exp(-v);
  let s = pow2(e.t);
  let near = opt_barrier(-x - v, e.t) + v * (0.5 * v - e.bend);
  let far = opt_barrier((s - 1.0) - x, e.t) + s * (e.top + e.rest);
  return where_not_positive(x, select(far, near, s == 1.0));
}

// x.
fn xielu_derivative_beta(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  return x;
}

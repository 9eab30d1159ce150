// e^x = 2^k (1 + top + rest) with a top of 12 bits and a rest of 2^-7 at most, so that errors are below 2^-30 of it. bend is
// (e^r - 1 - r - r^2 / 2) / r, what is left of r. The low bits of t hold k + 127.
struct FineExp { top: f32, rest: f32, bend: f32, t: f32 }

fn xielu_exp(x: f32) -> FineExp {
  let t = round_magic(x * 1.44269504, 12583039.0);
  let k = t - 12583039.0;
  let reduced = fence(x - k * 0.693145752, t);
  let tail = k * 1.42860677e-6;
  let r = reduced - tail;
  let r_upper = upper(reduced);
  let r_lower = fence(reduced - r_upper, t) - tail;
  let r2 = r * r;
  let bend = r2 * (r2 * r2 * 0.000199434842 + cubic(r, r2, 0.166666672, 0.0416664667, 0.00833320897, 0.00139347988));
  let square = 0.5 * r_upper * r_upper;
  let top = upper(r_upper + square);
  let rest = fence(fence(r_upper - top, t) + square, t) + (r_lower * (0.5 * r_lower + (r_upper + 1.0)) + r * bend);
  return FineExp(top, rest, bend, t);
}

// a x - b y + middle + rest, relative to the result also where it cancels: products of upper and lower halves are exact, and where
// the sum is small, so are its sums one by one. middle is a product of 12 and 12 bits.
fn xielu_difference(a: f32, x: f32, b: f32, y: f32, middle: f32, rest: f32, t: f32) -> f32 {
  let a_upper = upper(a);
  let x_upper = upper(x);
  let b_upper = upper(b);
  let y_upper = upper(y);
  let a_lower = a - a_upper;
  let x_lower = x - x_upper;
  let b_lower = b - b_upper;
  let y_lower = y - y_upper;
  let first = fence(fence(a_upper * x_upper - b_upper * y_upper, t) + middle, t);
  let least = (a_lower * x_lower - b_lower * y_lower) + rest;
  var sum = first + (((a_upper * x_lower - b_upper * y_lower) + (a_lower * x_upper - b_lower * y_upper)) + least);
  if (abs(first) < 0.002 * (b * y)) {
    let second = fence(fence(first + a_upper * x_lower, t) - b_upper * y_lower, t);
    sum = fence(fence(second + a_lower * x_upper, t) - b_lower * y_upper, t) + least;
  }
  return sum;
}

// ---------------------------------------------------------------- around zeros, in integers
//
// For x < 0 there is a zero of the function and one of its derivative, where two terms cancel, at places that depend on the
// parameters. At the f32 next to them the terms have to be known to 2^-50: in integers, which no compiler regroups or flushes.

// A number of 64 bits.
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
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return Wide((a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u), a * b);
}

// a b / 2^32. b may be negative.
fn wide_times(a: u32, b: Wide) -> Wide {
  let product = wide_sum(wide_product(a, b.hi), Wide(0u, wide_product(a, b.lo).hi));
  return Wide(product.hi - select_bits(0u, a, b.hi >= 0x80000000u), product.lo);
}

// a^2 / 2^64, for an a below 2^63.
fn wide_square(a: Wide) -> Wide {
  return wide_sum(wide_product(a.hi, a.hi), Wide(0u, 2u * wide_product(a.hi, a.lo).hi));
}

// The 24 bits of |x|, and 0 for numbers that devices may flush.
fn mantissa(x: f32) -> u32 {
  return select_bits((bitcast<u32>(x) & 0x7fffffu) | 0x800000u, 0u, exponent(x) == 0u);
}

// a - b, times 2^(k - 512).
fn wide_number(a: Wide, b: Wide, k: u32) -> f32 {
  let difference = wide_difference(a, b);
  let is_negative = difference.hi >= 0x80000000u;
  let opposite = wide_difference(Wide(0u, 0u), difference);
  let hi = f32(select_bits(difference.hi, opposite.hi, is_negative));
  let lo = f32(select_bits(difference.lo, opposite.lo, is_negative));
  let y = times_pow2(hi * 4294967296.0 + lo, k);
  return select(y, -y, is_negative);
}

// G(v) = e^-v - 1 + v for v = half 2^(e - 189), in units of 2^(2e - 316): from G = v^2 / 2 (1 - v / 3 + v^2 / 12), which is right for a
// small v, by G(2v) = 2 G(v) + (v - G(v))^2. Each step halves the errors before it, so that 2^-55 are left.
fn xielu_bend(half: Wide, e: u32) -> Wide {
  var steps = select_bits((e - 101u) >> 1u, 0u, e < 101u);
  // Of the smallest v.
  let down_of_first = steps + 125u - e;
  let square = wide_square(half);
  let twice = wide_sum(square, square);
  let slope = 0x55555555u - wide_right(wide_product(half.hi, 0x15555555u), 32u + down_of_first).lo;
  let less = wide_right(wide_product(wide_product(half.hi, slope).hi, twice.hi), down_of_first);
  var bend = wide_difference(twice, less);
  while (steps > 0u) {
    let down = steps + 127u;
    let shifted = wide_left(wide_right(bend, select_bits(0u, down - e, down > e)), select_bits(0u, e - down, e > down));
    let rest = wide_difference(half, shifted);
    bend = wide_sum(wide_right(bend, 1u), wide_square(rest));
    steps -= 1u;
  }
  return bend;
}

// alpha_n (G(v) - (v - u)) - beta u, for v < 32 and u = v or a little less, where the terms nearly cancel.
fn xielu_around_zero(u: f32, v: f32, alpha_n: f32, beta: f32) -> f32 {
  let e = exponent(v);
  let bend = xielu_bend(Wide(mantissa(v) << 7u, 0u), e);
  let less = (mantissa(v) << (e - exponent(u))) - mantissa(u);
  let excess = wide_difference(wide_right(bend, 2u), wide_left(Wide(0u, less), 164u + exponent(u) - 2u * e));
  let product = wide_product(mantissa(beta), mantissa(u));
  let other = wide_right(wide_left(product, 16u), exponent(alpha_n) + 2u * e - exponent(beta) - exponent(u) - 124u);
  return wide_number(wide_times(mantissa(alpha_n) << 8u, excess), other, exponent(alpha_n) + 2u * e + 72u);
}

// beta - alpha_n (1 - e^-u), for u < 32, where the terms nearly cancel: 2^-k (beta 2^k - alpha_n (2^k - 1) - alpha_n (1 - e^-w)) with
// w = u - k ln 2, which is not below 0.
fn xielu_derivative_around_zero(u: f32, alpha_n: f32, beta: f32) -> f32 {
  let k = bitcast<u32>(round_magic(floor(u * 1.4426), 12582912.0)) & 63u;
  let logarithms = Wide(k * 0x58b90bfbu + wide_product(k, 0xe8e7bcd6u).hi, k * 0xe8e7bcd6u);
  let reduced = wide_difference(wide_left(Wide(0u, mantissa(u)), exponent(u) - 87u), logarithms);
  let is_reduced = k > 0u;
  let e = select_bits(exponent(u), 126u, is_reduced);
  let half = Wide(select_bits(mantissa(u) << 7u, reduced.hi, is_reduced), select_bits(0u, reduced.lo, is_reduced));
  let rest = wide_difference(half, wide_right(xielu_bend(half, e), 127u - e));
  let alpha = Wide(0u, mantissa(alpha_n));
  let weighted = wide_left(Wide(0u, mantissa(beta)), exponent(beta) + 164u + k - exponent(alpha_n) - e);
  let whole = wide_difference(wide_sum(weighted, wide_left(alpha, 38u)), wide_left(alpha, 38u + k));
  return wide_number(whole, wide_times(mantissa(alpha_n) << 7u, rest), exponent(alpha_n) + e + 198u - k);
}

// ---------------------------------------------------------------- the function

// alpha_p x^2 + beta x for x > 0, else alpha_n (e^min(x, eps) - 1 - x) + beta x.
fn xielu(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  let above = scaled(scaled(alpha_p, x) + beta, x);
  let u = magnitude(x, 3.4028234e38);
  let v = select(u, -eps, u < -eps);
  let e = xielu_exp(-magnitude(v, 88.0));
  let s = pow2(e.t);
  let weight = alpha_n * s;
  let weight_upper = upper(weight);
  let slope = fence(alpha_n - beta, e.t);
  // What slope has lost.
  let slope_rest = fence(alpha_n - slope, e.t) - beta;

  // u (alpha_n u / 2 - beta - alpha_n bend) near 0, slope u - alpha_n v + alpha_n G(v) beyond eps, slope u - alpha_n (1 - e^-u) else.
  let is_near = s == 1.0;
  let is_bent = is_near & (u == v);
  let is_far = s < 0.000244140625;
  let exponential = select((weight - weight_upper) * e.top + weight * e.rest, weight * (1.0 + (e.top + e.rest)), is_far);
  let excess = (alpha_n * v) * (0.5 * v - e.bend);
  let bend = alpha_n * e.bend;
  let rest = select(select(exponential, excess, is_near) + slope_rest * u, -bend, is_bent);
  // What errors are relative to.
  let inexact = select(select(weight * abs(e.top) * (e.bend + 0.002), exponential, is_far), select(excess, bend, is_bent), is_near);
  let middle = select(weight_upper * e.top, 0.0, is_near | is_far);
  let y = xielu_difference(
    select(slope, alpha_n, is_bent),
    select(u, 0.5 * u, is_bent),
    select(alpha_n, beta, is_bent),
    select(select(1.0 - s, select(v, 1.0, is_bent), is_near), 1.0, is_far),
    middle, rest, e.t,
  );
  var below = y * select(1.0, u, is_bent);
  let is_around_zero = (abs(y) < 2.0 * inexact) & (u < 32.0);
  if (is_around_zero) {
    below = xielu_around_zero(u, v, alpha_n, beta);
  }
  below = select(below, scaled(beta - alpha_n, x), ((bitcast<u32>(x) == 0xff800000u) & (slope != 0.0)) | (alpha_n == 0.0));
  // Not on bits: it jumps at 0, so that whoever flushes x must take it for 0 here, too.
  return keep_nan(select(below, above, x > 0.0), x);
}

// 2 alpha_p x + beta for x > 0, else alpha_n (e^x - 1) + beta.
fn xielu_derivative(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  let u = magnitude(x, 88.0);
  let e = xielu_exp(-u);
  let s = pow2(e.t);
  let weight = alpha_n * s;
  let weight_upper = upper(weight);
  let slope = fence(alpha_n - beta, e.t);
  let slope_rest = select(fence(alpha_n - slope, e.t) - beta, 0.0, s == 1.0);
  let whole = fence(select(weight - slope, beta, s == 1.0), e.t);
  let parts = fence(whole + weight_upper * e.top, e.t) + (((weight - weight_upper) * e.top + weight * e.rest) - slope_rest);
  // Lower halves may be flushed.
  let is_tiny = u < 1e-30;
  var below = select(parts, beta - alpha_n * u, is_tiny);
  let inexact = weight * select(abs(e.top) * (e.bend + 0.002), 0.4 * u, is_tiny);
  let is_around_zero = (abs(below) < 2.0 * inexact) & (u < 32.0);
  if (is_around_zero) {
    below = xielu_derivative_around_zero(u, alpha_n, beta);
  }
  return keep_nan(select(below, scaled(2.0 * alpha_p, x) + beta, is_positive(x)), x);
}

// 2 alpha_p for x > 0, else alpha_n e^x.
fn xielu_second_derivative(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  return keep_nan(select(scaled_exp(alpha_n, x), 2.0 * alpha_p, is_positive(x)), x);
}

// The derivative with respect to alpha_p: x^2 for x > 0, else 0.
fn xielu_derivative_alpha_p(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  return keep_nan(select(0.0, x * x, is_positive(x)), x);
}

// The derivative with respect to alpha_n: 0 for x > 0, else e^min(x, eps) - 1 - x.
fn xielu_derivative_alpha_n(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  let v = select(magnitude(x, 88.0), -eps, -x < -eps);
  let e = xielu_exp(-v);
  let s = pow2(e.t);
  let near = fence(-x - v, e.t) + v * (0.5 * v - e.bend);
  let far = fence((s - 1.0) - x, e.t) + s * (e.top + e.rest);
  return keep_nan(select(select(far, near, s == 1.0), 0.0, is_positive(x)), x);
}

// The derivative with respect to beta.
fn xielu_derivative_beta(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  return x;
}

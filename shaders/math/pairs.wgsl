// Sums and products as pairs, of which a division, a sum or an exponential makes one number.

// a + b without a rounding (Knuth). t is as for opt_barrier().
fn two_sum(a: f32, b: f32, t: f32) -> Pair {
  let sum = opt_barrier(a + b, t);
  let b_seen = opt_barrier(sum - a, t);
  let a_seen = opt_barrier(sum - b_seen, t);
  return Pair(sum, opt_barrier(a - a_seen, t) + opt_barrier(b - b_seen, t));
}

// The same for a >= b >= 0 (Dekker).
fn fast_two_sum(a: f32, b: f32) -> Pair {
  let s = opt_barrier(a + b, a);
  return Pair(s, b - opt_barrier(s - a, s));
}

// x rounded to 12 bits, which leaves 12 bits with a sign.
fn nearest_upper(x: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) + 0x800u) & 0xfffff000u);
}

// a * b without a rounding: the products of halves are exact. t is as for opt_barrier().
fn two_prod(a: f32, b: f32, t: f32) -> Pair {
  let a_upper = nearest_upper(a);
  let b_upper = nearest_upper(b);
  let a_lower = a - a_upper;
  let b_lower = b - b_upper;
  let largest = opt_barrier(a_upper * b_upper, t);
  let first = two_sum(largest, opt_barrier(a_upper * b_lower, t), t);
  let second = two_sum(first.hi, opt_barrier(a_lower * b_upper, t), t);
  return Pair(second.hi, (first.lo + second.lo) + a_lower * b_lower);
}

// a (b.hi + b.lo) in two parts, for a b.hi of 12 bits.
fn times_parts(a: f32, b: Pair) -> Pair {
  let a_upper = upper(a);
  return Pair(a_upper * b.hi, (a - a_upper) * b.hi + a * b.lo);
}

// (a.hi + a.lo) (s + c) in two parts, for an a.hi of 12 bits and an s that is small beside c. t is as
// for opt_barrier().
fn times_sum(a: Pair, c: f32, s: f32, t: f32) -> Pair {
  let sum = s + c;
  let sum_upper = upper(sum);
  let rest = opt_barrier(c - sum_upper, t) + s;
  return Pair(a.hi * sum_upper, a.hi * rest + a.lo * sum);
}

// a - (zero - zero_minus) in two parts for a >= 0, of which the first has 12 bits. t is as for
// opt_barrier().
fn from_zero(a: f32, zero: f32, zero_minus: f32, t: f32) -> Pair {
  let distance = opt_barrier(a - zero, t);
  let hi = upper(distance + zero_minus);
  // One of the two is exact.
  let lo = select(distance - hi, a - (zero + hi), a < 0.5 * zero);
  return Pair(hi, lo + zero_minus);
}

// a * b to 2^-36: hi is exact, and lo, of the same sign, is the rounded rest.
fn two_prod_fast(a: f32, b: f32) -> Pair {
  let a_upper = upper(a);
  let b_upper = upper(b);
  return Pair(a_upper * b_upper, a_upper * (b - b_upper) + (a - a_upper) * b);
}

// From this |a| on, pow2() makes 0 of e^(-a^2) times 2^24.
const SQUARE_LIMIT_24: f32 = 10.23;

// -a^2 in two parts: the square of the upper 12 bits is exact, and the rest is a small correction.
fn minus_square(a: f32) -> Pair {
  let a_upper = upper(a);
  return Pair(-a_upper * a_upper, (a_upper - a) * (a + a_upper));
}

// a and x with the same product, but both far from the ends of f32 unless that is far from 1: a
// tiny or huge parameter lends the other factor 2^64, so that no lower half is flushed.
struct Factors { parameter: f32, input: f32 }

fn balanced(a: f32, x: f32) -> Factors {
  let is_tiny = exponent(a) < 87u;
  let is_huge = exponent(a) > 167u;
  let up = select(select(1.0, TWO_POW_64, is_tiny), TWO_POW_MINUS_64, is_huge);
  let down = select(select(1.0, TWO_POW_MINUS_64, is_tiny), TWO_POW_64, is_huge);
  return Factors(a * up, x * down);
}

// a * x for a parameter a and any x, as two_prod_fast(). An a of 1 leaves nothing to do.
fn parameter_times(a: f32, x: f32) -> Pair {
  let f = balanced(a, x);
  let p = two_prod_fast(f.parameter, finite(f.input));
  return Pair(select(p.hi, x, is_one(a)), select(p.lo, 0.0, is_one(a)));
}

// a * x + b + rest, with a small error relative to the result also where it cancels: the parts of
// the product are exact, and where the sum is small, so are their sums one by one. |rest| is of the
// size of b's last bit. |a * x| < 2^100, and no part of it is flushed.
fn line_sum(a: f32, x: f32, b: f32, rest: f32) -> f32 {
  let a_upper = upper(a);
  let x_upper = upper(x);
  let a_lower = a - a_upper;
  let x_lower = x - x_upper;
  let positive = x * x_upper;
  let first = opt_barrier(a_upper * x_upper + b, positive);
  let least = a_lower * x_lower + rest;
  var sum = first + ((a_upper * x_lower + a_lower * x_upper) + least);
  if (abs(first) < 0.002 * abs(b)) {
    // The outer barrier differs: two of a kind undo each other where a_lower is known to be 0.
    let second = two_sum(first, opt_barrier(a_upper * x_lower, positive), positive);
    let third = two_sum(second.hi, opt_barrier(a_lower * x_upper, x * x), x * x);
    sum = third.hi + ((second.lo + third.lo) + least);
  }
  return sum;
}

// sum * 2^(k - POW2_BIAS).
struct Line { sum: f32, k: u32 }

// a * x + b + rest for any a, x and b, in the same way: the exponents of a and x are set aside. It
// is b if the product is 0 or lost beside b, and the sum of the two if the product is infinite.
fn exact_line(a: f32, x: f32, b: f32, rest: f32) -> Line {
  let k = exponent(a) + exponent(x);
  let down = POW2_BIAS + 254u - k;
  let c = times_pow2(b, down);
  let sum = line_sum(significand(a), significand(x), c, times_pow2(rest, down));
  let is_b = (exponent(a) == 0u) | (exponent(x) == 0u) | (exponent(c) == 255u);
  let is_infinite = max(exponent(a), exponent(x)) == 255u;
  let is_undone = is_infinite & (exponent(a) > 0u);
  let y = select(select(sum, a * x + b, is_infinite), b, is_b & !is_undone);
  return Line(y, select_bits(POW2_BIAS + k - 254u, POW2_BIAS, is_b | is_infinite));
}

// a * x > b, exactly.
fn exceeds(a: f32, x: f32, b: f32) -> bool {
  let is_beyond = exact_line(a, x, -b, 0.0).sum > 0.0;
  return (is_beyond & !is_one(a)) | ((x > b) & is_one(a));
}

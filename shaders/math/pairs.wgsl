// Sums and products as pairs, of which a division, a sum or an exponential makes one number.

// a + b without a rounding (Knuth). t is as for opt_barrier().
fn two_sum(a: f32, b: f32, t: f32) -> Pair {
  let sum = opt_barrier(a + b, t);
  let b_seen = opt_barrier(sum - a, t);
  let a_seen = opt_barrier(sum - b_seen, t);
  return Pair(sum, (a - a_seen) + (b - b_seen));
}

// The same for a >= b >= 0 (Dekker).
fn fast_two_sum(a: f32, b: f32) -> Pair {
  let s = opt_barrier(a + b, a);
  return Pair(s, b - opt_barrier(s - a, s));
}

// a * b without a rounding: the products of halves are exact. t is as for opt_barrier().
fn two_prod(a: f32, b: f32, t: f32) -> Pair {
  let a_upper = upper(a);
  let b_upper = upper(b);
  let a_lower = a - a_upper;
  let b_lower = b - b_upper;
  let largest = opt_barrier(a_upper * b_upper, t);
  let first = two_sum(largest, opt_barrier(a_upper * b_lower, t), t);
  let second = two_sum(first.hi, opt_barrier(a_lower * b_upper, t), t);
  return Pair(second.hi, (first.lo + second.lo) + a_lower * b_lower);
}

// a * b to 2^-36: hi is exact, and lo, of the same sign, is the rounded rest.
fn two_prod_fast(a: f32, b: f32) -> Pair {
  let a_upper = upper(a);
  let b_upper = upper(b);
  return Pair(a_upper * b_upper, a_upper * (b - b_upper) + (a - a_upper) * b);
}

// -a^2 in two parts: the square of the upper 12 bits is exact, and the rest is a small correction.
fn minus_square(a: f32) -> Pair {
  let a_upper = upper(a);
  return Pair(-a_upper * a_upper, (a_upper - a) * (a + a_upper));
}

// a * x for a parameter a and any x, as two_prod_fast(). An a of 1 leaves nothing to do.
fn parameter_times(a: f32, x: f32) -> Pair {
  let p = two_prod_fast(a, finite(x));
  return Pair(select(p.hi, x, is_one(a)), select(p.lo, 0.0, is_one(a)));
}

// a * x > b, exactly, in the same way. |a * x| < 2^100 for a finite x.
fn exceeds(a: f32, x: f32, b: f32) -> bool {
  let c = finite(x);
  let a_upper = upper(a);
  let c_upper = upper(c);
  let positive = c * c_upper;
  let first = opt_barrier(a_upper * c_upper - b, positive);
  let second = opt_barrier(first + a_upper * (c - c_upper), positive);
  let third = opt_barrier(second + (a - a_upper) * c_upper, positive);
  let sum = third + (a - a_upper) * (c - c_upper);
  return ((sum > 0.0) & !is_one(a)) | ((x > b) & is_one(a));
}

// a * x + b + rest, with a small error relative to the result also where it cancels: the parts of
// the product are exact, and where the sum is small, so are their sums one by one. |rest| is of the
// size of b's last bit, and |a * x| < 2^100.
fn affine(a: f32, x: f32, b: f32, rest: f32) -> f32 {
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
    let second = opt_barrier(first + a_upper * x_lower, positive);
    sum = opt_barrier(second + a_lower * x_upper, x * x) + least;
  }
  return sum;
}

// softsign(x) = x / (1 + |x|)

// Beyond these |x| softsign is 1, and its second derivative is below every normal number. The first
// derivative is so beyond 2^64.
const SOFTSIGN_LIMIT: f32 = 1073741824.0;
const SOFTSIGN_SECOND_FLAT: f32 = 8.796093e12;

// 1 / (1 + a) in 12 bits, and 1 minus the product of these and 1 + a.
fn softsign_reciprocal(a: f32) -> Pair {
  let r = upper(1.0 / (1.0 + a));
  let a_upper = upper(a);
  return Pair(r, ((1.0 - r) - r * a_upper) - r * (a - a_upper));
}

fn softsign(x: f32) -> f32 {
  let c = clamp(x, -SOFTSIGN_LIMIT, SOFTSIGN_LIMIT);
  let r = softsign_reciprocal(abs(c));
  let y = c * r.hi;
  let far = clamp(y * (r.lo + r.lo * r.lo) + y, -1.0, 1.0);
  return keep_nan(select(far, x, abs(x) < 1.49011612e-8), x);
}

// 1 / (1 + |x|)^2. Its smallest values carry 2^64 until the end.
fn softsign_derivative(x: f32) -> f32 {
  let a = min(abs(x), TWO_POW_64);
  let r = softsign_reciprocal(a);
  let root = r.hi * TWO_POW_32;
  let y = root * root;
  let scale = opt_barrier(TWO_POW_MINUS_64, a + 1.0);
  let far = (y * (r.lo * (2.0 + 3.0 * r.lo)) + y) * scale;
  return keep_nan(select(far, 0.0, abs(x) > TWO_POW_64), x);
}

// -2 / (1 + |x|)^3 times the sign of x, and 0 at 0.
fn softsign_second_derivative(x: f32) -> f32 {
  let r = reciprocal(magnitude(x, SOFTSIGN_SECOND_FLAT) + 1.0);
  let y = flip_sign(-2.0 * r * r * r, x);
  let is_zero = ((bitcast<u32>(x) << 1u) == 0u) | (abs(x) > SOFTSIGN_SECOND_FLAT);
  return keep_nan(select(y, 0.0, is_zero), x);
}

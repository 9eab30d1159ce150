// 1 / (1 + a) in 12 bits, and what these times 1 + a leave of 1.
fn softsign_reciprocal(a: f32) -> Pair {
  let r = upper(1.0 / (1.0 + a));
  let a_upper = upper(a);
  return Pair(r, ((1.0 - r) - r * a_upper) - r * (a - a_upper));
}

// x / (1 + |x|). Beyond 2^30 it is 1.
fn softsign(x: f32) -> f32 {
  let c = clamp(x, -1073741824.0, 1073741824.0);
  let r = softsign_reciprocal(abs(c));
  let y = c * r.hi;
  let far = clamp(y * (r.lo + r.lo * r.lo) + y, -1.0, 1.0);
  return keep_nan(select(far, x, abs(x) < 1.49011612e-8), x);
}

// 1 / (1 + |x|)^2, with 2^64 for its smallest values; beyond |x| = 2^64 it is below every normal number.
fn softsign_derivative(x: f32) -> f32 {
  let a = min(abs(x), 1.8446744e19);
  let r = softsign_reciprocal(a);
  let root = r.hi * 4294967296.0;
  let y = root * root;
  let far = (y * (r.lo * (2.0 + 3.0 * r.lo)) + y) * fence(5.42101086e-20, a + 1.0);
  return keep_nan(select(far, 0.0, abs(x) > 1.8446744e19), x);
}

// -2 / (1 + |x|)^3 with the sign of x, and 0 at 0; beyond |x| = 2^43 it is below every normal number.
fn softsign_second_derivative(x: f32) -> f32 {
  let r = reciprocal(magnitude(x, 8.796093e12) + 1.0);
  let y = flip_sign(-2.0 * r * r * r, x);
  return keep_nan(select(y, 0.0, ((bitcast<u32>(x) << 1u) == 0u) | (abs(x) > 8.796093e12)), x);
}

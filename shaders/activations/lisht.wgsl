// lisht(x) = x tanh(x)

// From this |x| on, tanh(x) rounds to 1, and its derivative times x is lost beside 1.
const LISHT_LIMIT: f32 = 20.0;

fn lisht(x: f32) -> f32 {
  let a = magnitude(x, LISHT_LIMIT);
  let p = times_parts(a, tanh_half_parts(exp_parts(-2.0 * a, MAGIC_127)));
  let y = select(copy_sign(x, 1.0), p.hi + p.lo, a < LISHT_LIMIT);
  // Near 0 the parts would be flushed.
  return keep_nan(select(y, x * x, a < TWO_POW_MINUS_12), x);
}

// tanh(x) + x sech(x)^2 with sech(x)^2 = 4 E r^2, E = e^(-2|x|) and r = 1 / (1 + E), and the sign
// of x.
fn lisht_derivative(x: f32) -> f32 {
  let a = magnitude(x, LISHT_LIMIT);
  let e = exp_parts(-2.0 * a, MAGIC_127);
  let r = reciprocal(one_plus_exp(e));
  let t = tanh_half_parts(e);
  let rest = t.lo + 4.0 * a * exp_mantissa(e) * (exp_power(e) * r) * r;
  // Near 0 the parts would be flushed.
  let y = select(t.hi + rest, 2.0 * a, a < TWO_POW_MINUS_12);
  return keep_nan(copy_sign(y, x), x);
}

// 2 sech(x)^2 (1 - x tanh(x)) = 8 E r^2 (1 - |x| m r) with m = 1 - E.
fn lisht_second_derivative(x: f32) -> f32 {
  let n = -magnitude(2.0 * x, EXP_LIMIT_24);
  let e = exp_parts(n, MAGIC_151);
  let s = pow2(e.t) * TWO_POW_MINUS_24;
  let r = reciprocal(s * e.q + (s + 1.0));
  let bend = 0.5 * n * (((1.0 - s) - s * e.q) * r) + 1.0;
  return keep_nan(unscaled(8.0 * (e.q + 1.0) * bend * (r * r) * pow2(e.t), e), x);
}

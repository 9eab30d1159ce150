// softcap(x; cap) = cap tanh(x / cap), and its limits 0 for a cap of 0 and x for an infinite one

// -2 |x / cap|, but not below -most - 1.
fn softcap_exponent(q: Pair, most: f32) -> Pair {
  let is_far = 2.0 * abs(q.hi) > most;
  let lo = select(flip_sign(2.0 * q.lo, q.hi), 0.0, is_far);
  return Pair(-magnitude(2.0 * q.hi, most), -lo);
}

fn softcap(x: f32, cap: f32) -> f32 {
  let q = quotient_pair(x, cap);
  let e = exp_parts_of(softcap_exponent(q, 60.0), MAGIC_127);
  let p = times_parts(copy_sign(significand(cap), 1.0), tanh_half_parts(e));
  let far = copy_sign(times_pow2(p.hi + p.lo, exponent(cap) + (POW2_BIAS - 127u)), x);
  // Near 0 it is x, while the quotient may be flushed.
  let y = select(far, x, abs(q.hi) < TWO_POW_MINUS_12);
  return keep_nan(keep_nan(y, q.hi), x);
}

// sech(x / cap)^2, which is at most 1.
fn softcap_derivative(x: f32, cap: f32) -> f32 {
  let q = quotient_pair(x, cap);
  let y = sech_squared_half_of(exp_parts_of(softcap_exponent(q, SECH_LIMIT), MAGIC_129));
  return keep_nan(min(y, 1.0), q.hi);
}

// From y, for a cap > 0: (1 - |y / cap|) (1 + |y / cap|).
fn softcap_derivative_from_output(y: f32, cap: f32) -> f32 {
  let a = copy_sign(y, 1.0);
  let rest = quotient(opt_barrier(cap - a, y * y), cap);
  return keep_nan(rest * opt_barrier(1.0 + quotient(a, cap), y * y), y);
}

// -2 tanh(x / cap) sech(x / cap)^2 / cap = -8 E (1 - E) / (1 + E)^3 / cap with E = e^(-2|x / cap|),
// and near 0, where the quotient may be flushed, -2 x / cap^2.
fn softcap_second_derivative(x: f32, cap: f32) -> f32 {
  let q = quotient_pair(x, cap);
  let e = exp_parts_of(softcap_exponent(q, EXP_LIMIT_OF_PRODUCT), MAGIC_127);
  let k = POW2_BIAS + exp_exponent(e, MAGIC_127);
  let s = times_pow2(1.0, k);
  let r = reciprocal(s * e.q + (s + 1.0));
  let a = normalized(x);
  let d = normalized(cap);
  let m = reciprocal(d.m);
  let far = ((1.0 - s) - s * e.q) * ((e.q + 1.0) * (r * r * r));
  let is_near = abs(q.hi) < TWO_POW_MINUS_12;
  let k_near = POW2_BIAS + a.k - d.k - 2u;
  let y = m * select(far, a.m * m, is_near);
  let curvature = times_pow2(y, select_bits(k, k_near, is_near) + (NORMALIZED_BIAS + 3u) - d.k);
  let is_zero = ((bitcast<u32>(x) & MAGNITUDE_BITS) == 0u) | (exponent(q.hi) == 255u);
  return keep_nan(flip_sign(select(-curvature, 0.0, is_zero), x), q.hi);
}

// (tanh(q) - q sech(q)^2) / q^3 for u = q^2 and |q| <= 0.9, with an error of 0.502 * 2^-24 of it,
// from scripts/fit.py, "softcap_polynomial".
fn softcap_polynomial(u: f32) -> f32 {
  let u2 = u * u;
  let high = cubic(u, u2, 0.0880784094, -0.0405069403, 0.0147822499, -0.00295012305);
  return u2 * u2 * high + cubic(u, u2, 0.666666687, -0.533334732, 0.323822945, -0.174945876);
}

// tanh(q) - q sech(q)^2 with q = x / cap, which is m r - 4 |q| E r^2 with E = e^(-2|q|), m = 1 - E
// and r = 1 / (1 + E).
fn softcap_derivative_cap(x: f32, cap: f32) -> f32 {
  let q = quotient_pair(x, cap);
  let n = softcap_exponent(q, 60.0);
  let e = exp_parts_of(n, MAGIC_127);
  let s = pow2(e.t);
  let r = reciprocal(s * e.q + (s + 1.0));
  let far = (one_minus_exp(e) + 2.0 * (n.hi + n.lo) * ((e.q + 1.0) * (s * r))) * r;
  let a = abs(q.hi + q.lo);
  let y = select(far, a * a * a * softcap_polynomial(a * a), a < 0.9);
  return keep_nan(flip_sign(flip_sign(y, x), cap), q.hi);
}

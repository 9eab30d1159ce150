// pow(x; exponent) = x^exponent, which is e^(exponent log|x|) with the sign of an odd exponent
//
// Logarithms have two parts, since exponentials make relative errors of absolute ones. An infinite
// exponent gives NaN.

// (log((1 + s) / (1 - s)) - 2s) / s^3 for u = s^2 and |s| <= 0.172, with an error of 0.500 * 2^-24 of
// it, from scripts/fit.py, "pow_polynomial".
fn pow_polynomial(u: f32) -> f32 {
  return ((0.209159851 * u + 0.286594659) * u + 0.399988919) * u + 0.666666687;
}

// log|x| for a finite x other than 0 to 2^-30 of it: k log(2) + log(m) with m from sqrt(1/2) to
// sqrt(2), and s = (m - 1) / (m + 1).
fn pow_logarithm(x: f32) -> Pair {
  let d = normalized(x);
  let is_upper = d.m > 1.41421354;
  let m = d.m * select(1.0, 0.5, is_upper);
  let exponent = bitcast<f32>((d.k + select_bits(0u, 1u, is_upper)) | TWO_POW_23_BITS) - 8388884.0;
  let n = m - 1.0;
  let t = round_magic(n, MAGIC);
  let D = opt_barrier(m + 1.0, t);
  let lost = m - opt_barrier(D - 1.0, t);
  let s = quotient_parts(Pair(n, -lost * (n / D)), D);
  let sum = s.hi + s.lo;
  let u = sum * sum;
  let larger = exponent * LN_2_HIGH;
  let first = opt_barrier(larger + 2.0 * s.hi, t);
  let rest = opt_barrier(2.0 * s.hi - opt_barrier(first - larger, t), t);
  let lo = rest + (sum * u * pow_polynomial(u) + (2.0 * s.lo + exponent * LN_2_LOW));
  let hi = opt_barrier(first + lo, t);
  // Two barriers of a kind undo each other.
  return Pair(hi, lo - opt_barrier(hi - first, D));
}

// From this |x| on, e^x times three f32 numbers is 0 or infinite.
const POW_LIMIT: f32 = 354.0;

// e^z with z = (exponent - less) log|x|, cut, of which a zero or an infinite x makes a limit.
fn pow_exp(x: f32, l: Pair, power: f32, less: f32) -> ExpParts {
  let p = significand(power);
  let w = two_prod_fast(p, l.hi);
  let k = POW2_BIAS + exponent(power) - 127u;
  let hi = clamp_magnitude(times_pow2(w.hi, k), TWO_POW_32);
  let lo = clamp_magnitude(times_pow2(opt_barrier(w.lo, x * x) + p * l.lo, k), TWO_POW_32);
  let difference = two_sum(hi, -less * l.hi, x * x);
  let rest = difference.lo + (lo - less * l.lo);
  let is_far = abs(difference.hi) >= POW_LIMIT;
  let left = power - less;
  let is_infinite = exponent(x) == 255u;
  let grows = (is_infinite & is_positive(left)) | (!is_infinite & is_negative(left));
  let limit = select(select(-POW_LIMIT, POW_LIMIT, grows), 0.0, left == 0.0);
  let is_end = ((bitcast<u32>(x) & MAGNITUDE_BITS) == 0u) | is_infinite;
  let cut = select(clamp_magnitude(difference.hi, POW_LIMIT), limit, is_end);
  return exp_parts_of(Pair(cut, select(rest, 0.0, is_far | is_end)), MAGIC_127);
}

// y with the sign of x^(exponent - less), or NaN where there is no power.
fn pow_checked(y: f32, x: f32, power: f32, less: u32) -> f32 {
  let a = copy_sign(power, 1.0);
  let is_fraction = (a < TWO_POW_23) & (order(nearest(a)) != order(a));
  let large = select_bits(bitcast<u32>(a), 0u, a >= 16777216.0);
  let last = select_bits(large, bitcast<u32>(round_magic(a, TWO_POW_23)), a < TWO_POW_23);
  let is_odd = !is_fraction & (((last + less) & 1u) != 0u);
  let with_sign = select(y, flip_sign(y, x), is_odd);
  let has_none = is_negative(x) & is_fraction & (exponent(x) < 255u);
  return keep_nan(nan_unless_finite(nan_where(has_none, with_sign), power), x);
}

// a b e^x, of which a 0 makes 0.
fn pow_product(a: f32, b: f32, e: ExpParts) -> f32 {
  let k = POW2_BIAS + exp_exponent(e, MAGIC_127) + exponent(a) + exponent(b) - 254u;
  let y = times_pow2_or_least(significand(a) * significand(b) * (e.q + 1.0), k);
  return select(y, 0.0, min(exponent(a), exponent(b)) == 0u);
}

fn pow(x: f32, exponent: f32) -> f32 {
  let e = pow_exp(x, pow_logarithm(x), exponent, 0.0);
  return pow_checked(pow_product(1.0, 1.0, e), x, exponent, 0u);
}

// exponent x^(exponent - 1), and 0 for an exponent of 0.
fn pow_derivative(x: f32, exponent: f32) -> f32 {
  let e = pow_exp(x, pow_logarithm(x), exponent, 1.0);
  let y = pow_checked(pow_product(exponent, 1.0, e), x, exponent, 1u);
  return keep_nan(select(y, 0.0, flushed(exponent) == 0.0), x);
}

// exponent (exponent - 1) x^(exponent - 2), and 0 for an exponent of 0 or 1.
fn pow_second_derivative(x: f32, exponent: f32) -> f32 {
  let e = pow_exp(x, pow_logarithm(x), exponent, 2.0);
  return pow_checked(pow_product(exponent, exponent - 1.0, e), x, exponent, 0u);
}

// x^exponent log(x), which is NaN for x < 0, and its limits for a zero and an infinite x.
fn pow_derivative_exponent(x: f32, exponent: f32) -> f32 {
  let l = pow_logarithm(x);
  let e = pow_exp(x, l, exponent, 0.0);
  let k = POW2_BIAS + exp_exponent(e, MAGIC_127);
  let far = times_pow2((l.hi + l.lo) * (e.q + 1.0), k);
  let a = bitcast<u32>(x) & MAGNITUDE_BITS;
  let at_0 = select(0.0, infinity(-1.0), is_negative(exponent));
  let at_end = select(infinity(1.0), 0.0, is_negative(exponent));
  let y = select(select(far, at_end, a == INFINITY_BITS), at_0, a == 0u);
  return keep_nan(nan_unless_finite(nan_where_negative(y, x), exponent), x);
}

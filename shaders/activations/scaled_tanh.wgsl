// scaled_tanh(x; alpha, beta) = alpha tanh(beta x)
//
// Exponents are set aside where parameters multiply. An infinite parameter gives NaN.

// |tanh(beta x)| as (hi + lo) 2^(k - 127). Near 0, where beta x may be flushed, it is their product.
struct ScaledTanh { hi: f32, lo: f32, k: u32 }

fn scaled_tanh_parts(x: f32, beta: f32) -> ScaledTanh {
  let z = parameter_times(beta, x);
  let n = minus_magnitude(z, 30.0);
  let far = tanh_half_parts(exp_parts_of(Pair(2.0 * n.hi, 2.0 * n.lo), MAGIC_127));
  let near = copy_sign(significand(beta) * significand(x), 1.0);
  let is_near = (n.hi > -TWO_POW_MINUS_12) & (min(exponent(beta), exponent(x)) > 0u);
  let hi = select(far.hi, upper(near), is_near);
  let lo = select(far.lo, near - upper(near), is_near);
  return ScaledTanh(hi, lo, select_bits(127u, exponent(beta) + exponent(x) - 127u, is_near));
}

// y with the sign of beta x, or NaN where a number is none.
fn scaled_tanh_checked(y: f32, x: f32, alpha: f32, beta: f32) -> f32 {
  let with_sign = flip_sign(flip_sign(y, beta), x);
  return keep_nan(nan_unless_finite(nan_unless_finite(with_sign, alpha), beta), x);
}

fn scaled_tanh(x: f32, alpha: f32, beta: f32) -> f32 {
  let t = scaled_tanh_parts(x, beta);
  let p = times_parts(significand(alpha), Pair(t.hi, t.lo));
  let y = times_pow2(p.hi + p.lo, t.k + exponent(alpha) + (POW2_BIAS - 254u));
  return scaled_tanh_checked(copy_sign(y, alpha), x, alpha, beta);
}

// Beyond it, the product of an exponential with any three f32 numbers is 0.
const SCALED_TANH_LIMIT: f32 = 354.0;

// sech(beta x)^2 = (hi + lo) 2^(k - POW2_BIAS).
struct ScaledSech { hi: f32, lo: f32, k: u32 }

fn scaled_sech_parts(x: f32, beta: f32) -> ScaledSech {
  let n = minus_magnitude(parameter_times(beta, x), 0.5 * SCALED_TANH_LIMIT);
  let e = exp_parts_of(Pair(2.0 * n.hi, 2.0 * n.lo), MAGIC_127);
  let k = POW2_BIAS + exp_exponent(e, MAGIC_127);
  let s = times_pow2(1.0, k);
  let D = (e.q + 1.0) * s * (s * e.q + (s + 2.0)) + 1.0;
  let y = quotient_parts(Pair(1.0, e.q), D);
  let is_zero = 2.0 * n.hi <= -SCALED_TANH_LIMIT;
  return ScaledSech(select(y.hi, 0.0, is_zero), select(y.lo, 0.0, is_zero), k + 2u);
}

// a b sech(beta x)^2, of which a 0 makes 0.
fn scaled_sech(a: f32, b: f32, x: f32, beta: f32) -> f32 {
  let u = scaled_sech_parts(x, beta);
  let p = times_parts(significand(a) * significand(b), Pair(u.hi, u.lo));
  let y = times_pow2(p.hi + p.lo, u.k + exponent(a) + exponent(b) - 254u);
  return select(y, flip_sign(copy_sign(0.0, a), b), min(exponent(a), exponent(b)) == 0u);
}

// alpha beta sech(beta x)^2.
fn scaled_tanh_derivative(x: f32, alpha: f32, beta: f32) -> f32 {
  let y = scaled_sech(alpha, beta, x, beta);
  return keep_nan(nan_unless_finite(nan_unless_finite(y, alpha), beta), x);
}

// -2 alpha beta^2 tanh(beta x) sech(beta x)^2.
fn scaled_tanh_second_derivative(x: f32, alpha: f32, beta: f32) -> f32 {
  let t = scaled_tanh_parts(x, beta);
  let u = scaled_sech_parts(x, beta);
  let product = (t.hi + t.lo) * (u.hi + u.lo);
  let m = significand(beta) * significand(beta) * significand(alpha) * -2.0;
  let k = t.k + u.k + exponent(alpha) + exponent(beta) + exponent(beta) - 508u;
  let is_zero = min(min(exponent(alpha), exponent(beta)), exponent(product)) == 0u;
  return scaled_tanh_checked(select(times_pow2(m * product, k), 0.0, is_zero), x, alpha, beta);
}

// tanh(beta x).
fn scaled_tanh_derivative_alpha(x: f32, alpha: f32, beta: f32) -> f32 {
  let t = scaled_tanh_parts(x, beta);
  let y = times_pow2(t.hi + t.lo, t.k + (POW2_BIAS - 127u));
  return scaled_tanh_checked(y, x, 1.0, beta);
}

// alpha x sech(beta x)^2.
fn scaled_tanh_derivative_beta(x: f32, alpha: f32, beta: f32) -> f32 {
  let y = select(scaled_sech(alpha, x, x, beta), scaled(alpha, x), exponent(beta) == 0u);
  return keep_nan(nan_unless_finite(nan_unless_finite(y, alpha), beta), x);
}

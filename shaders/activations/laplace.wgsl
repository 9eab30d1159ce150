// laplace(x; mu, sigma) = (1 + erf(z / sqrt(2))) / 2 = Phi(z) with z = (x - mu) / sigma
//
// As in gelu, Phi(-a) e^(a^2 / 2) is smooth: it is G / (a + 5/2) with a polynomial G of g = a / (a +
// 5/2). An infinite mu or sigma gives NaN.

// z in two parts. The second one is 0 where the first is at an end of f32.
fn laplace_argument(x: f32, mu: f32, sigma: f32) -> Pair {
  let d = two_sum(x, -mu, x * x);
  let z = quotient_pair(d.hi, sigma);
  let rest = z.lo + opt_barrier(quotient(d.lo, sigma), x * x);
  let is_finite = (exponent(z.hi) > 0u) & (exponent(z.hi) < 255u);
  return Pair(z.hi, select(0.0, rest, is_finite));
}

// |z|, cut.
fn laplace_magnitude(z: Pair, most: f32) -> Pair {
  let rest = flip_sign(z.lo, z.hi);
  return Pair(magnitude(z.hi, most), select(rest, 0.0, abs(z.hi) >= most));
}

// e^(-a^2 / 2): the square of a.hi, which has 12 bits, is exact.
fn laplace_exp(a: Pair, magic: f32) -> ExpParts {
  return exp_parts_of(Pair(-0.5 * a.hi * a.hi, -(a.hi + 0.5 * a.lo) * a.lo), magic);
}

// y, or NaN where a number is none.
fn laplace_checked(y: f32, x: f32, mu: f32, sigma: f32) -> f32 {
  return keep_nan(nan_unless_finite(nan_unless_finite(y, mu), sigma), x);
}

// From this |z| on, pow2() makes 0 of e^(-z^2 / 2) times 2^24. It has 12 bits.
const LAPLACE_LIMIT: f32 = 14.46875;

// (Phi(a) - 1/2) / a for u = a^2 and 0 <= a <= 0.9, with an error of 0.477 * 2^-24 of it, from
// scripts/fit.py, "laplace_polynomial".
fn laplace_polynomial(u: f32) -> f32 {
  let high = (-2.30074656e-05 * u + 0.000144959136) * u - 0.00120896986;
  return ((high * u + 0.0099799959) * u - 0.0664910525) * u + 0.398942292;
}

fn laplace(x: f32, mu: f32, sigma: f32) -> f32 {
  let z = laplace_argument(x, mu, sigma);
  let a = laplace_magnitude(z, LAPLACE_LIMIT);
  let e = laplace_exp(a, MAGIC_151);
  let b = opt_barrier(a.hi + a.lo, e.t);
  // 1 - g = 5/2 / D, where D is rounded.
  let D = opt_barrier(b + 2.5, e.t);
  let lost = opt_barrier(a.hi - opt_barrier(D - 2.5, e.t), e.t) + a.lo;
  let h = quotient_parts(Pair(2.5, -lost * (2.5 / D)), D);
  let t = opt_barrier(0.375 - h.hi, e.t) - h.lo;
  let product = times_sum(h, 0.4 * NORMAL_G_0, 0.4 * t * normal_polynomial(t), e.t);
  let y = unscaled(times_exp_parts_apart(product, e), e);
  let below = select(y, 0.0, a.hi == LAPLACE_LIMIT);
  let far = select(below, 1.0 - below, is_positive(z.hi));
  let near = 0.5 + flip_sign(b * laplace_polynomial(b * b), z.hi);
  return laplace_checked(keep_nan(select(far, near, b < 0.9), z.hi), x, mu, sigma);
}

// From this |z| on, e^(-z^2 / 2) times three f32 numbers is 0.
const LAPLACE_DENSITY_LIMIT: f32 = 26.625;

// The density e^(-z^2 / 2) / sqrt(2 pi) over |sigma|, as m 2^(k - POW2_BIAS).
struct LaplaceDensity { m: f32, k: u32 }

fn laplace_density(z: Pair, sigma: f32) -> LaplaceDensity {
  let a = laplace_magnitude(z, LAPLACE_DENSITY_LIMIT);
  let e = laplace_exp(a, MAGIC_127);
  let d = normalized(sigma);
  let q = quotient_parts(Pair(1.0, e.q), opt_barrier(d.m, e.t));
  let p = times_parts(NORMAL_DENSITY, q);
  let k = exp_exponent(e, MAGIC_127) + (POW2_BIAS + NORMALIZED_BIAS) - d.k;
  return LaplaceDensity(select(p.hi + p.lo, 0.0, a.hi == LAPLACE_DENSITY_LIMIT), k);
}

// e^(-z^2 / 2) / sqrt(2 pi) / sigma.
fn laplace_derivative(x: f32, mu: f32, sigma: f32) -> f32 {
  let z = laplace_argument(x, mu, sigma);
  let d = laplace_density(z, sigma);
  let y = select(times_pow2(d.m, d.k), 0.0, d.m == 0.0);
  return laplace_checked(keep_nan(flip_sign(y, sigma), z.hi), x, mu, sigma);
}

// -z f'(x) / sigma.
fn laplace_second_derivative(x: f32, mu: f32, sigma: f32) -> f32 {
  let z = laplace_argument(x, mu, sigma);
  let d = laplace_density(z, sigma);
  let n = normalized(sigma);
  // Near 0 the second part would be flushed.
  let a = quotient(x - mu, sigma);
  let m = d.m * significand(a) * reciprocal(n.m);
  let y = times_pow2(m, d.k + exponent(a) + NORMALIZED_BIAS - n.k - 127u);
  let curvature = select(-y, 0.0, (d.m == 0.0) | (exponent(a) == 0u));
  return laplace_checked(keep_nan(curvature, z.hi), x, mu, sigma);
}

// -f'(x).
fn laplace_derivative_mu(x: f32, mu: f32, sigma: f32) -> f32 {
  return -laplace_derivative(x, mu, sigma);
}

// -z f'(x).
fn laplace_derivative_sigma(x: f32, mu: f32, sigma: f32) -> f32 {
  let z = laplace_argument(x, mu, sigma);
  let d = laplace_density(z, sigma);
  let a = quotient(x - mu, sigma);
  let y = times_pow2(-d.m * significand(a), d.k + exponent(a) - 127u);
  let slope = select(y, 0.0, (d.m == 0.0) | (exponent(a) == 0u));
  return laplace_checked(keep_nan(flip_sign(slope, sigma), z.hi), x, mu, sigma);
}

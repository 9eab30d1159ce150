// gelu(x) = x Phi(x), where Phi is the distribution function of the normal distribution
//
// gelu(-a) is -a Phi(-a), and gelu(a) is a - a Phi(-a). Phi(-a) e^(a^2 / 2) is smooth: a times it
// is g G with g = a / (a + 5/2) and a polynomial G that is between 0.4 and 1.25. g and G are kept
// in two parts, of which the upper ones have an exact product, so that one rounding is left before
// the exponential.

// From this |x| on, pow2() makes 0 of e^(-x^2 / 2) times 2^24.
const GELU_LIMIT: f32 = 14.47;

// The lowest coefficient of the polynomial below, which is added in two parts.
const GELU_K_0: f32 = 0.398947358;

// The zero of the derivative is at minus this: scripts/fit.py, "GELU_ZERO".
const GELU_ZERO: f32 = 0.7517915368080139;
const GELU_ZERO_MINUS: f32 = 1.211444945855772e-08;

// e^(-a^2 / 2) with 2^24: the square of the upper 12 bits is exact, and the rest is a small
// correction.
fn gelu_exp(a: f32) -> ExpParts {
  let square = minus_square(a);
  return exp_parts_of(Pair(0.5 * square.hi, 0.5 * square.lo), MAGIC_151);
}

fn gelu(x: f32) -> f32 {
  let a = magnitude(x, GELU_LIMIT);
  let e = gelu_exp(a);
  let g = part_of_sum(a, 2.5);
  let t = (g.hi - 0.625) + g.lo;
  let product = times_sum(g, NORMAL_G_0, t * normal_polynomial(t), exp_fence(e));
  let y = -unscaled(times_exp_parts(product, e), e);
  // Near 0 the parts would be flushed.
  let near = x * (NORMAL_DENSITY * x + 0.5);
  let far = select(y, x + y, is_nonnegative(x));
  return keep_nan(select(far, near, a < TWO_POW_MINUS_12), x);
}

// (K - GELU_K_0) / w with K = -gelu'(-a) e^(a^2 / 2) / (a - GELU_ZERO) and w = 1 / (a + 2), for 0
// <= a <= 14.6; K has an error of 0.245 * 2^-24 of itself. From scripts/fit.py,
// "gelu_derivative_polynomial".
fn gelu_derivative_polynomial(w: f32) -> f32 {
  return octic(
    w, 0.299627334, 0.433453053, 0.283070892, 0.549529195, -4.52251434, 6.5744648, -1.73960924,
    -3.814044, 2.72186756,
  );
}

// Phi(x) + x phi(x) = -e^(-a^2 / 2) (a - GELU_ZERO) K for x = -a: the zero is a factor, and K,
// which has none, is nearly flat. Both are kept in two parts, as above. For x > 0 it is 1 minus
// that.
fn gelu_derivative(x: f32) -> f32 {
  let a = magnitude(x, GELU_LIMIT);
  let e = gelu_exp(a);
  let w = reciprocal(a + 2.0);
  let t = from_zero(a, GELU_ZERO, GELU_ZERO_MINUS, exp_fence(e));
  let product = times_sum(t, GELU_K_0, w * gelu_derivative_polynomial(w), exp_fence(e));
  let y = -unscaled(times_exp_parts(product, e), e);
  return keep_nan(select(y, 1.0 - y, is_positive(x)), x);
}

// (2 - x^2) e^(-x^2 / 2) / sqrt(2 pi).
fn gelu_second_derivative(x: f32) -> f32 {
  let a = magnitude(x, GELU_LIMIT);
  let e = gelu_exp(a);
  let y = (2.0 - a * a) * ((e.q + 1.0) * NORMAL_DENSITY);
  return keep_nan(unscaled(y * pow2(e.t), e), x);
}

// mish(x) = x tanh(log(1 + e^x)) = x w (w + 2) / (w (w + 2) + 2) with w = e^x

// Minus the zero of the derivative, in two parts: scripts/fit.py, "MISH_ZERO".
const MISH_ZERO: f32 = 1.19243121;
const MISH_ZERO_REST: f32 = 3.04393755e-09;

// x (w + 2) / D is computed as a pair, and then multiplied by e^x, which carries 2^24. From 20 on
// it is x.
fn mish(x: f32) -> f32 {
  let c = clamp(x, -EXP_LIMIT_24, 20.0);
  let e = exp_parts(c, MAGIC_151);
  let w = exp_of_24(e);
  let n = quotient_parts(Pair(2.0, w), w * (w + 2.0) + 2.0);
  let y = unscaled(times_exp_parts(times_parts(c, n), e), e);
  // Near 0 the parts would be flushed.
  let near = x * (0.32 * x + 0.6);
  return keep_nan(select(select(y, x, x > 20.0), near, abs(x) < TWO_POW_MINUS_12), x);
}

// mish'(x) over x minus its zero for v = x + 3/4 from -0.744 to 0.759, with an error of 0.110 *
// 2^-24 of it, from scripts/fit.py, "mish_derivative_polynomial".
fn mish_derivative_polynomial(v: f32) -> f32 {
  let first = ((-0.000269529759 * v - 0.000559806009) * v + 0.000812025042) * v + 0.00468931394;
  let second = ((first * v + 0.00435948186) * v - 0.0165600814) * v - 0.0514419489;
  return ((second * v - 0.00546650216) * v + 0.223953933) * v + 0.363323689;
}

// x <= 0: w (4 (1 + x) (1 + w) + w (w^2 + 4w + 2)) / D^2. x > 0: 1 + (w^2 (4x - 2) + w (4x - 4) -
// 4) / D^2. Horner's scheme in w dilutes roundings where w is small. Near its zero, the polynomial
// above.
fn mish_derivative(x: f32) -> f32 {
  let c = clamp(x, -105.0, 12.0);
  let e = exp_parts(c, MAGIC_151);
  let w = exp_of_24(e);
  let A = 4.0 * c + 4.0;
  let D2 = (((w + 4.0) * w + 8.0) * w + 8.0) * w + 4.0;
  let positive = is_positive(x);
  let below = Pair(A, w * (A + (w * (w + 4.0) + 2.0)));
  let above = Pair(-4.0, w * (w * (A - 6.0) + (A - 8.0)));
  let numerator = Pair(select(below.hi, above.hi, positive), select(below.lo, above.lo, positive));
  let ratio = quotient_parts(numerator, D2);
  let t = opt_barrier(c + MISH_ZERO, exp_fence(e)) + MISH_ZERO_REST;
  let v = c + 0.75;
  let y = select(unscaled(times_exp_parts(ratio, e), e), (1.0 + ratio.hi) + ratio.lo, positive);
  return keep_nan(select(y, t * mish_derivative_polynomial(v), abs(v) < 0.74), x);
}

// With E = e^-|x|, for x <= 0 4E N / (2 + 2E + E^2)^3 with N = 4 + 2x + E (8 + 2x + E (6 - 3x + E
// (2 - 2x))), and for x > 0 4E^2 times the same polynomial with its coefficients in reverse order,
// over (1 + 2E + 2E^2)^3.
fn mish_second_derivative(x: f32) -> f32 {
  let c = clamp_magnitude(x, EXP_LIMIT_24);
  let e = exp_parts(-abs(c), MAGIC_151);
  let E = exp_of_24(e);
  let positive = is_positive(x);
  let a = 4.0 + 2.0 * c;
  let b = 8.0 + 2.0 * c;
  let p = 6.0 - 3.0 * c;
  let q = 2.0 - 2.0 * c;
  let high = (select(q, a, positive) * E + select(p, b, positive)) * E;
  let N = (high + select(b, p, positive)) * E + select(a, q, positive);
  let D = select(E * (E + 2.0) + 2.0, E * (2.0 * E + 2.0) + 1.0, positive);
  let r = reciprocal(D);
  let y = N * (r * r * r) * ((e.q + 1.0) * select(4.0, 4.0 * E, positive));
  return keep_nan(unscaled(y * pow2(e.t), e), x);
}

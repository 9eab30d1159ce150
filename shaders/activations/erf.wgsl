// erf(x) = 2 / sqrt(pi) times the integral of e^(-t^2) for t from 0 to x
//
// Below 1 it is x (1 + P), above 1 - W.

// 2 / sqrt(pi): scripts/fit.py, "ERF_SLOPE".
const ERF_SLOPE: f32 = 1.12837917;

// From this x on, erf(x) rounds to 1.
const ERF_LIMIT: f32 = 4.0;

// erf(x) / x - 1 for u = x^2 <= 1; erf(x) has an error of 0.024 * 2^-24 of itself then. From
// scripts/fit.py, "erf_polynomial".
fn erf_polynomial(u: f32) -> f32 {
  let u2 = u * u;
  let high = u2 * 7.80690389e-05 + (-0.00079978531 * u + 0.0051871622);
  return u2 * u2 * high + cubic(u, u2, 0.128379166, -0.37612626, 0.112835787, -0.0268533472);
}

// erfc(x) for t = x / 2 - 5/4 and 1 <= x <= 4, with an absolute error of 0.158 * 2^-24, from
// scripts/fit.py, "erf_tail_polynomial".
fn erf_tail_polynomial(t: f32) -> f32 {
  let t2 = t * t;
  let t4 = t2 * t2;
  let third = t2 * -0.014681099 + (-0.00417181989 * t + 0.0645830557);
  let second = cubic(t, t2, -0.06617219, 0.138444781, -0.0832043663, -0.0362134315);
  let first = cubic(t, t2, 0.137962937, -0.195497632, 0.179030612, -0.0716885626);
  let zeroth = cubic(t, t2, 0.000406952662, -0.00435637776, 0.0217827074, -0.0668137297);
  return t4 * (t4 * (t4 * third + second) + first) + zeroth;
}

fn erf(x: f32) -> f32 {
  let a = magnitude(x, ERF_LIMIT);
  let middle = a * erf_polynomial(a * a) + a;
  // Near 0 the product would be flushed.
  let below = select(middle, ERF_SLOPE * a, a < TWO_POW_MINUS_12);
  let above = select(1.0, 1.0 - erf_tail_polynomial(0.5 * a - 1.25), a < ERF_LIMIT);
  return keep_nan(copy_sign(select(below, above, a > 1.0), x), x);
}

// 2 / sqrt(pi) e^(-x^2).
fn erf_derivative(x: f32) -> f32 {
  let e = exp_parts_of(minus_square(magnitude(x, SQUARE_LIMIT_24)), MAGIC_151);
  return keep_nan(unscaled(ERF_SLOPE * exp_of(e), e), x);
}

// -4 / sqrt(pi) x e^(-x^2).
fn erf_second_derivative(x: f32) -> f32 {
  let a = magnitude(x, SQUARE_LIMIT_24);
  let e = exp_parts_of(minus_square(a), MAGIC_151);
  return keep_nan(unscaled(flip_sign(-2.0 * ERF_SLOPE * a, x) * exp_of(e), e), x);
}

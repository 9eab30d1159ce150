// serf(x) = x erf(log(1 + e^x))

// The lowest coefficient of T, which is added in two parts: see serf_T_polynomial().
const SERF_T_0: f32 = 0.867271543;

// erf(log 2) / 2 and the derivative of erf(log(1 + E)) at E = 1: scripts/fit.py, "SERF_NEAR".
const SERF_NEAR_VALUE: f32 = 0.673041284;
const SERF_NEAR_SLOPE: f32 = 0.348953038;

// 2 / sqrt(pi), and the same as a number of 12 bits and the rest: scripts/fit.py, "SERF_U_0".
const SERF_U_0: f32 = 1.12837917;
const SERF_U_0_UPPER: f32 = 1.12792969;
const SERF_U_0_LOWER: f32 = 0.000449479596;

// Minus the zero of the derivative, in two parts: scripts/fit.py, "SERF_ZERO".
const SERF_ZERO: f32 = 1.19305992;
const SERF_ZERO_REST: f32 = 4.76635407e-08;

// (T - SERF_T_0) / v with T = erf(log(1 + E)) / E and v = E - 1/2, for 0 <= E <= 1; T has an error
// of 0.464 * 2^-24 of itself. From scripts/fit.py, "serf_T_polynomial".
fn serf_T_polynomial(v: f32) -> f32 {
  let v2 = v * v;
  let v4 = v2 * v2;
  let high = cubic(v, v2, 0.0380374603, -0.0247604176, 0.0140558239, -0.00572108291);
  let low = cubic(v, v2, -0.458119124, 0.145731688, 0.000736936752, -0.0413599983);
  return v4 * high + low;
}

// erfc(log(1 + e^x)) for t = x / 2 - 1 and 0 <= x <= 4, with an absolute error of 0.367 * 2^-24,
// from scripts/fit.py, "serf_W_polynomial".
fn serf_W_polynomial(t: f32) -> f32 {
  let t2 = t * t;
  let t4 = t2 * t2;
  let third = cubic(t, t2, -0.0586870573, -0.00942996144, 0.0225029439, 0.00064248842);
  let second = cubic(t, t2, -0.0259934887, -0.1160511, 0.0794664249, 0.0458325706);
  let first = cubic(t, t2, 0.179620996, -0.0652922243, -0.110494636, 0.161293834);
  let zeroth = cubic(t, t2, 0.00263034832, -0.0215623192, 0.078215614, -0.158912659);
  return t4 * (t4 * (t4 * (t4 * -0.00378178339 + third) + second) + first) + zeroth;
}

// x E T for x <= 0, with E = e^x, where x and T are kept in two parts, as in gelu(); x (1 - W) for
// x > 0, which is x from 4 on.
fn serf(x: f32) -> f32 {
  let n = -magnitude(x, EXP_LIMIT_24);
  let e = exp_parts(n, MAGIC_151);
  let v = exp_of_24(e) - 0.5;
  let Q = serf_T_polynomial(v);
  let T = v * Q + SERF_T_0;
  let T_upper = upper(T);
  let T_rest = opt_barrier(SERF_T_0 - T_upper, e.t) + v * Q;
  let n_upper = upper(n);
  let p = Pair(n_upper * T_upper, opt_barrier(n_upper * T_rest + (n - n_upper) * T, e.t));
  // Near 0 the parts would be flushed.
  let near = n * (SERF_NEAR_SLOPE * n + SERF_NEAR_VALUE);
  let below = select(unscaled(times_exp_parts(p, e), e), near, n > -TWO_POW_MINUS_12);
  let W = serf_W_polynomial(0.5 * magnitude(x, 4.0) - 1.0);
  let above = select(x, x * (1.0 - W), x < 4.0);
  return keep_nan(select(below, above, is_nonnegative(x)), x);
}

// With U the derivative of erf(log(1 + E)), (U - U(0)) / E and (T - U) / E for 0 <= E <= 0.2. P E
// has an error of 0.010 * 2^-24, and V one of 0.492 * 2^-24. From scripts/fit.py, by these names.
fn serf_P_polynomial(E: f32, E2: f32) -> f32 {
  let high = -0.653958619 * E + 1.35240364;
  return E2 * E2 * high + cubic(E, E2, -1.12837934, 1.70070471e-05, 1.12783778, -1.59062791);
}
fn serf_V_polynomial(E: f32, E2: f32) -> f32 {
  let high = 0.542588413 * E - 1.11973298;
  return E2 * E2 * high + cubic(E, E2, 0.564189613, -8.62326124e-06, -0.845872939, 1.27167594);
}

// serf'(x) over x minus its zero for v = x + 5/8 from -1 to 1.625, with an error of 0.499 * 2^-24
// of it, from scripts/fit.py, "serf_K_polynomial".
fn serf_K_polynomial(v: f32) -> f32 {
  let v2 = v * v;
  let v4 = v2 * v2;
  let second = cubic(v, v2, -0.000470245985, -4.00511599e-05, 8.10434794e-05, 1.97351692e-05);
  let first = cubic(v, v2, 0.00799439661, 0.00655418774, 0.00099860935, -0.000759729301);
  let zeroth = cubic(v, v2, 0.247566804, -0.0337985754, -0.0724782199, -0.0186360143);
  return v * (v4 * (v4 * (v4 * -9.81443645e-06 + second) + first) + zeroth) + 0.441976249;
}

// 1 / 1.75.
const SERF_D_SCALE: f32 = 0.571428597;

// serf'(x) - 1 for t = (x - 2.75) / 1.75 and 1 <= x <= 4.5, with an absolute error of 0.866 *
// 2^-24, from scripts/fit.py, "serf_D_polynomial".
fn serf_D_polynomial(t: f32) -> f32 {
  let t2 = t * t;
  let t4 = t2 * t2;
  let third = cubic(t, t2, -0.0277910903, 0.0256255623, 0.00331434957, -0.00497854082);
  let second = cubic(t, t2, -0.0921512693, -0.0122710885, 0.0846422836, -0.0429731049);
  let first = cubic(t, t2, 0.0880503803, -0.0458180346, -0.0472046211, 0.11653097);
  let zeroth = cubic(t, t2, 0.00100367493, -0.00845244247, 0.0320109464, -0.0695380196);
  return t4 * (t4 * (t4 * third + second) + first) + zeroth;
}

// From -13/8 to 1 the distance to the zero times K, and from 1 to 4.5 1 + D. Below, with E = e^x, E
// ((1 + x) U + E V), where U = 2 / sqrt(pi) + E P has its larger part in two: the terms hardly
// cancel.
fn serf_derivative(x: f32) -> f32 {
  let n = -magnitude(x, EXP_LIMIT_24);
  let e = exp_parts(n, MAGIC_151);
  let E = min(exp_of_24(e), 0.2);
  let E2 = E * E;
  let m = 1.0 + n;
  let m_upper = upper(m);
  let main = m_upper * SERF_U_0_UPPER;
  let small = E * (m * serf_P_polynomial(E, E2) + serf_V_polynomial(E, E2));
  let rest = m_upper * SERF_U_0_LOWER + ((m - m_upper) * SERF_U_0 + small);
  let tail = unscaled(times_exp_parts(Pair(main, opt_barrier(rest, e.t)), e), e);

  let c = clamp(x, -1.625, 1.0);
  let distance = opt_barrier(c + SERF_ZERO, e.t) + SERF_ZERO_REST;
  let K = serf_K_polynomial(c + 0.625);

  let D = serf_D_polynomial((magnitude(x, 4.5) - 2.75) * SERF_D_SCALE);
  let above = select(1.0, 1.0 + D, x < 4.5);
  return keep_nan(select(select(tail, distance * K, x > -1.625), above, x >= 1.0), x);
}

// 2 / sqrt(pi) e^(-s^2) N / (1 + E)^2 with E = e^-|x|, s = log(1 + e^x) and l = log(1 + E), which
// is s for x <= 0, and s - x for x > 0. N is 2 - 2 x^2 + 2 E + x (E - 2 l) for x > 0, else (2 + x +
// 2 E (1 - x l)) E. The exponent is a pair: most of it is -x^2 for x > 0, else the x of E.
fn serf_second_derivative(x: f32) -> f32 {
  let positive = is_positive(x);
  let a = magnitude(x, select(EXP_LIMIT_24, 10.23, positive));
  let e = exp_parts(-a, MAGIC_151);
  let E = exp_of_24(e);
  let l = unscaled(log1p_exp(e), e);
  let r = reciprocal(E + 1.0);
  let above = 2.0 * (1.0 - a) * (1.0 + a) + (2.0 * E + a * (E - 2.0 * l));
  let below = (2.0 - a) + 2.0 * E * (a * l + 1.0);
  let square = minus_square(a);
  let square_lo = square.lo - l * (2.0 * a + l);
  let exponent = Pair(select(-a, square.hi, positive), select(-l * l, square_lo, positive));
  let density = exp_parts_of(exponent, MAGIC_151);
  let y = select(below, above, positive) * (r * r * SERF_U_0);
  return keep_nan(unscaled(y * exp_of(density), e), x);
}

// x erf(log(1 + e^x)). The error function is E T(E - 1/2) for x <= 0, with E = e^x, where x and T are kept in two parts, as in
// gelu(); above, it is 1 - W(x / 2 - 1), and 1 from 4 on.
fn serf(x: f32) -> f32 {
  let n = -magnitude(x, 104.5);
  let e = exp_parts(n, 12583063.0);
  let v = (e.q + 1.0) * (pow2(e.t) * 5.9604645e-8) - 0.5;
  let v2 = v * v;
  let v4 = v2 * v2;
  let Q = v4 * cubic(v, v2, 0.0380374603, -0.0247604176, 0.0140558239, -0.00572108291) + cubic(v, v2, -0.458119124, 0.145731688, 0.000736936752, -0.0413599983);
  let T = v * Q + 0.867271543;
  let T_upper = upper(T);
  let T_rest = fence(0.867271543 - T_upper, e.t) + v * Q;
  let n_upper = upper(n);
  let product = Pair(n_upper * T_upper, fence(n_upper * T_rest + (n - n_upper) * T, e.t));
  // Near 0 the parts would be flushed.
  let near = n * (0.348953038 * n + 0.673041284);
  let below = select(fence(times_exp_parts(product, e), e.t) * 5.9604645e-8, near, n > -0.000244140625);
  let t = 0.5 * magnitude(x, 4.0) - 1.0;
  let t2 = t * t;
  let t4 = t2 * t2;
  let W = t4 * (t4 * (t4 * (t4 * -0.00378178339 + cubic(t, t2, -0.0586870573, -0.00942996144, 0.0225029439, 0.00064248842)) + cubic(t, t2, -0.0259934887, -0.1160511, 0.0794664249, 0.0458325706)) + cubic(t, t2, 0.179620996, -0.0652922243, -0.110494636, 0.161293834)) + cubic(t, t2, 0.00263034832, -0.0215623192, 0.078215614, -0.158912659);
  let above = select(x, x * (1.0 - W), x < 4.0);
  return keep_nan(select(below, above, is_nonnegative(x)), x);
}

// Between -13/8 and 1, around its zero, (x - x0) K(x + 5/8), x0 in two parts; from 1 to 4.5, 1 + D. Below, with E = e^x,
// E ((1 + x) U(E) + E V(E)), where E U is the derivative of erf(log(1 + E)) and E^2 V what that function is above it: the terms
// hardly cancel. U is 2 / sqrt(pi) + E P(E), of which the first is the most, in two parts.
fn serf_derivative(x: f32) -> f32 {
  let n = -magnitude(x, 104.5);
  let e = exp_parts(n, 12583063.0);
  let E = min((e.q + 1.0) * (pow2(e.t) * 5.9604645e-8), 0.2);
  let E2 = E * E;
  let P = E2 * E2 * (-0.653958619 * E + 1.35240364) + cubic(E, E2, -1.12837934, 1.70070471e-05, 1.12783778, -1.59062791);
  let V = E2 * E2 * (0.542588413 * E - 1.11973298) + cubic(E, E2, 0.564189613, -8.62326124e-06, -0.845872939, 1.27167594);
  let m = 1.0 + n;
  let m_upper = upper(m);
  let main = m_upper * 1.12792969;
  let rest = m_upper * 0.000449479596 + ((m - m_upper) * 1.12837917 + E * (m * P + V));
  let tail = fence(times_exp_parts(Pair(main, fence(rest, e.t)), e), e.t) * 5.9604645e-8;

  let c = clamp(x, -1.625, 1.0);
  let distance = fence(c + 1.19305992, e.t) + 4.76635407e-08;
  let v = c + 0.625;
  let v2 = v * v;
  let v4 = v2 * v2;
  let Q = v4 * (v4 * (v4 * -9.81443645e-06 + cubic(v, v2, -0.000470245985, -4.00511599e-05, 8.10434794e-05, 1.97351692e-05)) + cubic(v, v2, 0.00799439661, 0.00655418774, 0.00099860935, -0.000759729301)) + cubic(v, v2, 0.247566804, -0.0337985754, -0.0724782199, -0.0186360143);
  let K = v * Q + 0.441976249;

  let t = (magnitude(x, 4.5) - 2.75) * 0.571428597;
  let t2 = t * t;
  let t4 = t2 * t2;
  let D = t4 * (t4 * (t4 * cubic(t, t2, -0.0277910903, 0.0256255623, 0.00331434957, -0.00497854082) + cubic(t, t2, -0.0921512693, -0.0122710885, 0.0846422836, -0.0429731049)) + cubic(t, t2, 0.0880503803, -0.0458180346, -0.0472046211, 0.11653097)) + cubic(t, t2, 0.00100367493, -0.00845244247, 0.0320109464, -0.0695380196);
  let above = select(1.0, 1.0 + D, x < 4.5);
  return keep_nan(select(select(tail, distance * K, x > -1.625), above, x >= 1.0), x);
}

// 2 / sqrt(pi) e^(-s^2) N / (1 + E)^2 with E = e^-|x| and s = log(1 + e^x), which is l = log(1 + E), and x more for x > 0.
// N is 2 - 2 x^2 + 2 E + x (E - 2 l) for x > 0, else (2 + x + 2 E (1 - x l)) E. The exponent is a pair: -x^2 is the most of it
// for x > 0, else the x of E.
fn serf_second_derivative(x: f32) -> f32 {
  let positive = is_positive(x);
  let a = magnitude(x, select(104.5, 10.23, positive));
  let e = exp_parts(-a, 12583063.0);
  let E = (e.q + 1.0) * (pow2(e.t) * 5.9604645e-8);
  let l = unscaled(log1p_exp(e));
  let r = reciprocal(E + 1.0);
  let above = 2.0 * (1.0 - a) * (1.0 + a) + (2.0 * E + a * (E - 2.0 * l));
  let below = (2.0 - a) + 2.0 * E * (a * l + 1.0);
  let top = upper(a);
  let square = Pair(-top * top, (top - a) * (a + top) - l * (2.0 * a + l));
  let exponent = Pair(select(-a, square.hi, positive), select(-l * l, square.lo, positive));
  let density = exp_parts_of(exponent, 12583063.0);
  let y = select(below, above, positive) * (r * r * 1.12837917);
  return keep_nan(fence(y * exp_of(density), e.t) * 5.9604645e-8, x);
}

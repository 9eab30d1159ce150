// telu(x) = x tanh(e^x)
//
// With E = e^x, tanh(E) is E (1 + u T) for x <= 0, where u = E^2.

// From this x on, tanh(e^x) rounds to 1, and its derivative times x is lost beside 1.
const TELU_LIMIT: f32 = 2.5;

// tanh(1) and sech(1)^2: scripts/fit.py, "TELU_NEAR".
const TELU_NEAR_VALUE: f32 = 0.761594176;
const TELU_NEAR_SLOPE: f32 = 0.419974327;

// Minus the zero of the derivative, in two parts: scripts/fit.py, "TELU_ZERO".
const TELU_ZERO: f32 = 1.07886004;
const TELU_ZERO_REST: f32 = 1.39852538e-08;

// (tanh(E) / E - 1) / u for u = E^2 <= 1; tanh(E) has an error of 0.078 * 2^-24 of itself then. From
// scripts/fit.py, "telu_T_polynomial".
fn telu_T_polynomial(u: f32) -> f32 {
  let u2 = u * u;
  let high = u2 * -0.000358420511 + (0.00230129389 * u - 0.0079460796);
  return u2 * u2 * high + cubic(u, u2, -0.333332956, 0.133323461, -0.0538798496, 0.0214867033);
}

// (sech(E)^2 - 1) / u for u = E^2 <= 0.0625; sech(E)^2 has an error of 0.004 * 2^-24 then. From
// scripts/fit.py, "telu_S_polynomial".
fn telu_S_polynomial(u: f32) -> f32 {
  return ((0.181919411 * u - 0.376965076) * u + 0.666649044) * u - 0.999999881;
}

// x where e^x and tanh(e^x) are not at their limits.
fn telu_cut(x: f32, most: f32) -> f32 {
  return select(-magnitude(x, EXP_LIMIT_24), magnitude(x, most), is_positive(x));
}

// e^(-2 e^x) for x > -1.
fn telu_exp(e: ExpParts) -> ExpParts {
  return exp_parts(-2.0 * min(exp_of_24(e), 44.0), MAGIC_127);
}

fn telu(x: f32) -> f32 {
  let c = telu_cut(x, TELU_LIMIT);
  let e = exp_parts(c, MAGIC_151);
  let u = exp_of_24(e) * exp_of_24(e);
  let rest = opt_barrier(c * (u * telu_T_polynomial(u)), e.t);
  let below = unscaled(times_exp_parts_apart(Pair(c, rest), e), e);
  let p = times_parts(c, tanh_half_parts(telu_exp(e)));
  let above = select(x, p.hi + p.lo, x < TELU_LIMIT);
  // Near 0 the parts would be flushed.
  let near = x * (TELU_NEAR_SLOPE * x + TELU_NEAR_VALUE);
  let y = select(below, above, is_positive(x));
  return keep_nan(select(y, near, abs(x) < TWO_POW_MINUS_12), x);
}

// telu'(x) over x minus its zero for v = x + 7/8 from -0.875 to 0.875, with an error of 0.778 *
// 2^-24 of it, from scripts/fit.py, "telu_K_polynomial".
fn telu_K_polynomial(v: f32) -> f32 {
  let v2 = v * v;
  let v4 = v2 * v2;
  let second = cubic(v, v2, 0.00684163533, 0.000936856377, -0.00151309208, -0.000754414941);
  let first = cubic(v, v2, -0.0738104731, -0.0280096438, 0.00342676486, 0.0111249378);
  let zeroth = cubic(v, v2, 0.423005015, 0.364574552, 0.0802102163, -0.0713941231);
  return v4 * (v4 * second + first) + zeroth;
}

// tanh(E) + x E sech(E)^2. Below -1.4 it is E (1 + x + u (T + x S)), from there to -7/16 the distance
// to the zero times K. Above, both terms are positive, or the second one is small: sech(E)^2 is 4 F r^2
// with F = e^(-2E) and r = 1 / (1 + F).
fn telu_derivative(x: f32) -> f32 {
  let c = telu_cut(x, TELU_LIMIT);
  let e = exp_parts(c, MAGIC_151);
  let E = exp_of_24(e);
  let u = min(E * E, 0.0625);
  let m = 1.0 + c;
  let lost = c - opt_barrier(m - 1.0, e.t);
  let rest = lost + u * (telu_T_polynomial(u) + c * telu_S_polynomial(u));
  let tail = unscaled(times_exp_parts(Pair(m, opt_barrier(rest, e.t)), e), e);

  let distance = opt_barrier(c + TELU_ZERO, e.t) + TELU_ZERO_REST;
  let middle = distance * telu_K_polynomial(c + 0.875);

  let f = telu_exp(e);
  let r = reciprocal(one_plus_exp(f));
  let t = tanh_half_parts(f);
  let above = t.hi + (t.lo + 4.0 * c * E * (exp_mantissa(f) * (exp_power(f) * r) * r));
  return keep_nan(select(select(tail, middle, x > -1.4), above, x > -0.4375), x);
}

// From this x on, the second derivative is below every normal number.
const TELU_BEND_LIMIT: f32 = 3.95;

// E sech(E)^2 (2 + x - 2 x E tanh(E)). For x > 0 the error of E counts up to a hundred times: E is 2^k
// (1 + r + w), of which 1 + r and r have two parts.
fn telu_second_derivative(x: f32) -> f32 {
  let c = telu_cut(x, TELU_BEND_LIMIT);
  let e = exp_parts(c, MAGIC_151);
  let k = e.t - MAGIC_151;
  let reduced = opt_barrier(c - k * LN_2_HIGH, e.t);
  let r = opt_barrier(reduced - k * LN_2_LOW, e.t);
  let r_rest = opt_barrier(reduced - r, e.t) - k * LN_2_LOW;
  let sum = opt_barrier(1.0 + r, e.t);
  let w = expm1_rest(r) + r_rest * sum;
  let rest = opt_barrier(r - opt_barrier(sum - 1.0, e.t), e.t) + w;
  let power = pow2(e.t) * TWO_POW_MINUS_24;
  let f = exp_parts_of(Pair(-2.0 * sum * power, -2.0 * rest * power), MAGIC_151);

  let s = pow2(f.t) * TWO_POW_MINUS_24;
  let E = exp_of_24(e);
  let d = reciprocal(s * f.q + (s + 1.0));
  let bend = 2.0 + c - 2.0 * c * E * (((1.0 - s) - s * f.q) * d);
  let positive = is_positive(x);
  // One of the two powers of two carries 2^24.
  let first = select(s, power, positive);
  let second = select(pow2(e.t), pow2(f.t), positive);
  let y = 4.0 * (e.q + 1.0) * ((f.q + 1.0) * (d * d)) * bend * first;
  let far = unscaled(opt_barrier(y, e.t) * second, e);
  return keep_nan(select(far, 0.0, x >= TELU_BEND_LIMIT), x);
}

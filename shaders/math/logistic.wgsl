// Logistic functions and their derivatives, of which sigmoid, silu and softplus are made. All of
// them are functions of E = e^-|z| <= 1, and reach their limits where its power of two is 0.

// -|z|, but not below -most - 0.25, for a z from parameter_times().
fn minus_magnitude(z: Pair, most: f32) -> Pair {
  return Pair(-magnitude(z.hi, most), -magnitude(z.lo, 0.25));
}

// 1 / (1 + e^-z), which is 1 / (1 + E) or E / (1 + E).
fn logistic(z: f32, e: ExpParts) -> f32 {
  let E = exp_mantissa(e) * exp_power(e);
  return select(1.0, E, z < 0.0) * reciprocal(one_plus_exp(e));
}

// -1e38, the least c of gate().
const GATE_LEAST_BITS: u32 = 0xfe967699u;

// x / (1 + e^-z) for x of the sign of z, which is x / (1 + E) or x E / (1 + E). e carries 2^24.
fn gate(x: f32, e: ExpParts) -> f32 {
  // -Inf would meet a zero.
  let c = bitcast<f32>(min(bitcast<u32>(x), GATE_LEAST_BITS));
  let y = c * reciprocal(one_plus_exp_24(e));
  return select(unscaled(times_exp(y, e), e), y, x > 0.0);
}

// Minus the zero of the derivative of z / (1 + e^-z), in two parts: scripts/fit.py, "GATE_ZERO".
const GATE_ZERO: f32 = 1.27846456;
const GATE_ZERO_REST: f32 = -1.29792825e-08;

// The distance to it below which from_gate_zero() is not exact enough for an n that is a rounded
// product.
const GATE_ZERO_NEAR: f32 = 0.004;

// The distance of n from that zero to 2^-35.
fn from_gate_zero(n: Pair, e: ExpParts) -> f32 {
  return opt_barrier(n.hi + GATE_ZERO, exp_fence(e)) + (n.lo + GATE_ZERO_REST);
}

// The derivative of z / (1 + e^-z) over the distance t to its zero, for |t| <= 0.25, with an error
// of 1.13 * 2^-24 of it, less near t = 0: scripts/fit.py, "gate_derivative_polynomial".
fn gate_derivative_polynomial(t: f32) -> f32 {
  let high = (-0.00653157802 * t - 0.0152128721) * t + 0.0188732538;
  return (high * t + 0.146648675) * t + 0.217811704;
}

// The derivative of z / (1 + e^-z) for n = -|z|: E (1 + E + n) / (1 + E)^2, and 1 minus that for z
// > 0. Near its zero, where 1 + E + n cancels, t times a polynomial, with t from from_gate_zero().
// e carries 2^24.
fn gate_derivative(z: f32, n: Pair, e: ExpParts, t: f32) -> f32 {
  let E = exp_mantissa(e) * (exp_power(e) * TWO_POW_MINUS_24);
  let quotient = quotient_parts(Pair(1.0 + n.hi, E + n.lo), one_plus_exp_24_squared(e));
  let far = unscaled(times_exp_parts(quotient, e), e);
  let y = select(far, t * gate_derivative_polynomial(t), abs(t) < 0.25);
  return select(y, 1.0 - y, z > 0.0);
}

// The second derivative of z / (1 + e^-z) for n = -|z|, without a power of two s: E (2 + n + E (2 -
// n)) / (1 + E)^3 with E = s (1 + q), in which nothing cancels but at the zeros.
fn gate_second_derivative(n: Pair, q: f32, s: f32) -> f32 {
  let E = (q + 1.0) * s;
  let r = reciprocal(s * q + (s + 1.0));
  let N = ((2.0 + n.hi) + n.lo) + E * ((2.0 - n.hi) - n.lo);
  return (q + 1.0) * N * (r * r * r);
}

// The same with the power of two and 2^24, which e carries.
fn gate_second_derivative_24(n: Pair, e: ExpParts) -> f32 {
  return gate_second_derivative(n, e.q, pow2(e.t) * TWO_POW_MINUS_24) * pow2(e.t);
}

// (E - log(1 + E)) / E^2 for 0 <= E <= 1; log(1 + E) has an error of 0.088 * 2^-24 of itself then.
// From scripts/fit.py, "log1p_rest". It needs no division.
fn log1p_rest(E: f32) -> f32 {
  return octic(
    E, 0.499999315, -0.333304703, 0.24958156, -0.196931928, 0.153490975, -0.10670013, 0.0575615279,
    -0.0201503336, 0.0033065395,
  );
}

// 2^24 log(1 + E) to 2 ulp. e carries 2^24.
fn log1p_exp(e: ExpParts) -> f32 {
  let scaled_E = exp_of(e);
  return scaled_E - scaled_E * exp_of_24(e) * log1p_rest(exp_of_24(e));
}

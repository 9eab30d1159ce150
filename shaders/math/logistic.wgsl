// Logistic functions and their derivatives: what sigmoid, silu and softplus are made of.

// -|z|, -most - 0.25 at least, for a product(): what all of the following are functions of, with E = e^-|z| <= 1. They reach their
// limits where 2^k is 0.
fn minus_magnitude(z: Pair, most: f32) -> Pair {
  return Pair(-magnitude(z.hi, most), -magnitude(z.lo, 0.25));
}

// 1 / (1 + e^-z), which is 1 / (1 + E) or E / (1 + E). e holds 2^k, z its sign.
fn logistic(z: f32, e: ExpParts) -> f32 {
  let s = pow2(e.t);
  return select(1.0, (e.q + 1.0) * s, z < 0.0) * reciprocal(s * e.q + (s + 1.0));
}

// x / (1 + e^-z), which is x / (1 + E) or x E / (1 + E), for x of the sign of z. e holds 2^(k+24), for the tail.
fn gate(x: f32, e: ExpParts) -> f32 {
  let s = pow2(e.t);
  // -1e38 instead of -Inf, which would meet a zero.
  let c = bitcast<f32>(min(bitcast<u32>(x), 0xfe967699u));
  let small_s = s * 5.9604645e-8;
  let y = c * reciprocal(small_s * e.q + (small_s + 1.0));
  return select(fence((y * e.q + y) * s, e.t) * 5.9604645e-8, y, x > 0.0);
}

// The zero of the derivative of z / (1 + e^-z), in two parts.
const GATE_ZERO: f32 = 1.27846456;
const GATE_ZERO_REST: f32 = -1.29792825e-08;

// Where from_gate_zero() is not enough for an n that is a rounded product.
const GATE_ZERO_NEAR: f32 = 0.004;

// How far n is from it, to 2^-35.
fn from_gate_zero(n: Pair, e: ExpParts) -> f32 {
  return fence(n.hi + GATE_ZERO, e.t) + (n.lo + GATE_ZERO_REST);
}

// The derivative of z / (1 + e^-z): E (1 + E + z) / (1 + E)^2 with E = e^z for z < 0, and 1 minus that of -z for z > 0. Near
// its zero, where 1 + E + z cancels, t K(z) with t = -|z| + GATE_ZERO + GATE_ZERO_REST. E carries 2^24 for the tail.
fn gate_derivative(z: f32, n: Pair, e: ExpParts, t: f32) -> f32 {
  let s = pow2(e.t) * 5.9604645e-8;
  let E = (e.q + 1.0) * s;
  let D = E * (s * e.q + (s + 2.0)) + 1.0;
  let K = (((-0.00653157802 * t - 0.0152128721) * t + 0.0188732538) * t + 0.146648675) * t + 0.217811704;
  let far = fence(times_exp_parts(quotient_parts(Pair(1.0 + n.hi, E + n.lo), D), e), e.t) * 5.9604645e-8;
  let y = select(far, t * K, abs(t) < 0.25);
  return select(y, 1.0 - y, z > 0.0);
}

// The second derivative of z / (1 + e^-z) for n = -|z|: E (2 + n + E (2 - n)) / (1 + E)^3 with E = e^n, in which only what has to
// cancels at the zeros. e holds 2^(k+24).
fn gate_second_derivative(n: Pair, e: ExpParts) -> Scaled {
  let s = pow2(e.t) * 5.9604645e-8;
  let E = (e.q + 1.0) * s;
  let r = reciprocal(s * e.q + (s + 1.0));
  let N = ((2.0 + n.hi) + n.lo) + E * ((2.0 - n.hi) - n.lo);
  return Scaled((e.q + 1.0) * N * (r * r * r) * pow2(e.t), e.t);
}

// A number as value * 2^-24, to be multiplied before it may become subnormal. t is that of the exponential.
struct Scaled { value: f32, t: f32 }

// The number.
fn unscaled(y: Scaled) -> f32 {
  return fence(y.value, y.t) * 5.9604645e-8;
}

// (E - log(1 + E)) / E^2 for 0 <= E <= 1: a polynomial, immune to sloppy division.
fn log1p_rest(E: f32) -> f32 {
  let E2 = E * E;
  let E4 = E2 * E2;
  return E4 * (E4 * 0.0033065395 + cubic(E, E2, 0.153490975, -0.10670013, 0.0575615279, -0.0201503336)) + cubic(E, E2, 0.499999315, -0.333304703, 0.24958156, -0.196931928);
}

// log(1 + e^n) for -104.5 <= n <= 0, to 2 ulp.
fn log1p_exp(e: ExpParts) -> Scaled {
  let s = pow2(e.t);
  let scaled_E = (e.q + 1.0) * s;
  let E = (e.q + 1.0) * (s * 5.9604645e-8);
  return Scaled(scaled_E - scaled_E * E * log1p_rest(E), e.t);
}

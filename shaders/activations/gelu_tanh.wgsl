// gelu_tanh(x) = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) = x / (1 + e^-z)
// with z = k1 x + k3 x^3, k1 = 2 sqrt(2 / pi) and k3 = 0.044715 k1
//
// z is computed for a = |x|, as first + second + rest. a = h + l with an h of 8 bits: first = h k1
// and second = h (k3 h^2) are exact products of the upper bits. The rest, which is made of the
// tails of the constants and of l times the slope, is small enough for one rounding each.

// From this |x| on, pow2() makes 0 of e^-z times 2^24.
const GELU_TANH_LIMIT: f32 = 10.7;

// k1 with 13 bits and k3 with 8 bits, and their tails; k1, k3 and 3 k3; k1 log2(e) and k3 log2(e);
// 2 k1 and twice the tail of k1: scripts/fit.py, "GELU_TANH_K1".
const GELU_TANH_K1_UPPER: f32 = 1.59570312;
const GELU_TANH_K1_REST: f32 = 6.59966026e-05;
const GELU_TANH_K3_UPPER: f32 = 0.0712890625;
const GELU_TANH_K3_REST: f32 = 6.57537748e-05;
const GELU_TANH_K1: f32 = 1.59576917;
const GELU_TANH_K3: f32 = 0.0713548139;
const GELU_TANH_3_K3: f32 = 0.214064449;
const GELU_TANH_K1_LOG2_E: f32 = 2.30220819;
const GELU_TANH_K3_LOG2_E: f32 = 0.102943242;
const GELU_TANH_2_K1: f32 = 3.19153833;
const GELU_TANH_2_K1_REST: f32 = 0.000131993205;

// The zeros of the derivative, negated and in two parts, and of N in the second derivative:
// scripts/fit.py, "GELU_TANH_ZERO".
const GELU_TANH_ZERO: f32 = 0.752461433;
const GELU_TANH_ZERO_MINUS: f32 = 1.13396279e-08;
const GELU_TANH_N_ZERO: f32 = 1.21871936;

// k is the exponent of e^-z, and t holds it, plus 24.
struct GeluTanhArgument { h: f32, l: f32, first: f32, second: f32, rest: f32, k: f32, t: f32 }

fn gelu_tanh_argument(a: f32) -> GeluTanhArgument {
  let t = round_magic(a * (a * a * -GELU_TANH_K3_LOG2_E - GELU_TANH_K1_LOG2_E), MAGIC_151);
  let h = bitcast<f32>((bitcast<u32>(a) + 0x8000u) & 0xffff0000u);
  let l = a - h;
  let hh = h * h;
  let square = opt_barrier(GELU_TANH_K3_UPPER * hh, t);
  let top = bitcast<f32>(bitcast<u32>(square) & 0xffffff00u);
  let slope = (GELU_TANH_3_K3 * hh + GELU_TANH_K1) + GELU_TANH_K3 * (l * (3.0 * h + l));
  let tails = (square - top) + (GELU_TANH_K3_REST * hh + GELU_TANH_K1_REST);
  return GeluTanhArgument(
    h, l, h * GELU_TANH_K1_UPPER, h * top, h * tails + l * slope, t - MAGIC_151, t,
  );
}

// e^-z in parts, with 2^24.
fn gelu_tanh_exp(z: GeluTanhArgument) -> ExpParts {
  let first = opt_barrier(z.k * -LN_2_HIGH - z.first, z.t);
  let hi = opt_barrier(first - z.second, z.t);
  return ExpParts(expm1_core(hi + (-z.k * LN_2_LOW - z.rest)), z.t);
}

fn gelu_tanh(x: f32) -> f32 {
  let z = gelu_tanh_argument(magnitude(x, GELU_TANH_LIMIT));
  return keep_nan(gate(x, gelu_tanh_exp(z)), x);
}

// 1 - a z'(a) in two parts.
fn gelu_tanh_one_minus_slope(z: GeluTanhArgument, e: ExpParts) -> Pair {
  let rest = GELU_TANH_2_K1_REST * z.h + (GELU_TANH_2_K1 * z.l - 3.0 * z.rest);
  return Pair(opt_barrier(1.0 - z.first, e.t) - 3.0 * z.second, rest);
}

// gelu_tanh'(x) / t for the distance t = x - x0 to its zero, |t| <= 0.25, with an error of 0.480 *
// 2^-24 of it, less near t = 0: scripts/fit.py, "gelu_tanh_derivative_polynomial".
fn gelu_tanh_derivative_polynomial(t: f32) -> f32 {
  let high = ((0.00448149256 * t + 0.0195174236) * t - 0.0165371541) * t - 0.113943346;
  return ((high * t - 0.0157853346) * t + 0.387518466) * t + 0.430400103;
}

// E (1 + E - a z'(a)) / (1 + E)^2 for x < 0, with a = |x|, E = e^-z and a z' = 3 z - 2 k1 a, and 1
// minus that for x > 0. Near its zero, the polynomial above.
fn gelu_tanh_derivative(x: f32) -> f32 {
  let a = magnitude(x, GELU_TANH_LIMIT);
  let z = gelu_tanh_argument(a);
  let e = gelu_tanh_exp(z);
  let E = exp_of_24(e);
  let t = opt_barrier(GELU_TANH_ZERO - a, exp_fence(e)) - GELU_TANH_ZERO_MINUS;
  let N = gelu_tanh_one_minus_slope(z, e);
  let ratio = quotient_parts(Pair(N.hi, N.lo + E), E * (2.0 + E) + 1.0);
  let far = unscaled(times_exp_parts_apart(ratio, e), e);
  let y = select(far, t * gelu_tanh_derivative_polynomial(t), abs(t) < 0.25);
  return keep_nan(select(y, 1.0 - y, x > 0.0), x);
}

// 2 k1 + 12 k3 a^2 - a z'^2 over GELU_TANH_N_ZERO - a, and 2 k1 + 12 k3 a^2 + a z'^2. Both are
// exact polynomials, and none of their coefficients is negative: scripts/fit.py, by these names.
fn gelu_tanh_N_polynomial(a: f32, a2: f32, a4: f32) -> f32 {
  return a4 * 0.045823589 + cubic(a, a2, 2.61876369, 0.0593119897, 0.751255572, 0.0558460951);
}
fn gelu_tanh_P_polynomial(a: f32, a2: f32, a4: f32) -> f32 {
  return a4 * (a * 0.045823589) + cubic(a, a2, 3.19153833, 2.54647899, 0.856257796, 0.683194876);
}

// E (N + E P) / (1 + E)^3 with a = |x|, E = e^-z, and N and P = 2 k1 + 12 k3 a^2 -+ a z'^2.
fn gelu_tanh_second_derivative(x: f32) -> f32 {
  let a = magnitude(x, GELU_TANH_LIMIT);
  let e = gelu_tanh_exp(gelu_tanh_argument(a));
  let s = pow2(e.t) * TWO_POW_MINUS_24;
  let E = (e.q + 1.0) * s;
  let r = reciprocal(s * e.q + (s + 1.0));
  let a2 = a * a;
  let a4 = a2 * a2;
  let N = (GELU_TANH_N_ZERO - a) * gelu_tanh_N_polynomial(a, a2, a4);
  let y = (N + E * gelu_tanh_P_polynomial(a, a2, a4)) * (r * r * r) * (e.q + 1.0);
  return keep_nan(unscaled(y * pow2(e.t), e), x);
}

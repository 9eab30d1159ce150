// z = x (k1 + k3 x^2), k1 = 2 sqrt(2 / pi), k3 = 0.044715 k1, as first + second + rest. x = h + l with h of 8 bits: first = h C1 (13 bits)
// and second = h (C3 h^2 to 16 bits) are exact products; what is left (tails of the constants, l times the slope) is small enough for
// one rounding each. k = t - 12583063 is the exponent of e^-z, which carries 2^24.
struct GeluTanhArgument { h: f32, l: f32, first: f32, second: f32, rest: f32, k: f32, t: f32 }

fn gelu_tanh_argument(x: f32) -> GeluTanhArgument {
  let t = round_magic(x * (x * x * -0.102943242 - 2.30220819), 12583063.0);
  let h = bitcast<f32>((bitcast<u32>(x) + 0x8000u) & 0xffff0000u);
  let l = x - h;
  let hh = h * h;
  let cubic = fence(0.0712890625 * hh, t);
  let top = bitcast<f32>(bitcast<u32>(cubic) & 0xffffff00u);
  let slope = (0.214064449 * hh + 1.59576917) + 0.0713548139 * (l * (3.0 * h + l));
  let rest = h * ((cubic - top) + (6.57537748e-05 * hh + 6.59966026e-05)) + l * slope;
  return GeluTanhArgument(h, l, h * 1.59570312, h * top, rest, t - 12583063.0, t);
}

// e^-z in parts.
fn gelu_tanh_exp(z: GeluTanhArgument) -> ExpParts {
  let hi = fence(fence(z.k * -0.693145752 - z.first, z.t) - z.second, z.t);
  return ExpParts(expm1_core(hi + (-z.k * 1.42860677e-6 - z.rest)), z.t);
}

// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) = x / (1 + e^-z).
fn gelu_tanh(x: f32) -> f32 {
  return keep_nan(gate(x, gelu_tanh_exp(gelu_tanh_argument(magnitude(x, 10.7)))), x);
}

// For a = |x| and E = e^-z: E (1 + E - a z'(a)) / (1 + E)^2, with a z' = 3 z - 2 k1 a; for x > 0, 1 minus that. Near its zero at
// -0.752, (a0 - a) K(a0 - a).
fn gelu_tanh_derivative(x: f32) -> f32 {
  let a = magnitude(x, 10.7);
  let z = gelu_tanh_argument(a);
  let e = gelu_tanh_exp(z);
  let s = pow2(e.t) * 5.9604645e-8;
  let E = (e.q + 1.0) * s;
  let t = fence(0.752461433 - a, e.t) - 1.13396279e-08;
  let K = (((((0.00448149256 * t + 0.0195174236) * t - 0.0165371541) * t - 0.113943346) * t - 0.0157853346) * t + 0.387518466) * t + 0.430400103;
  let N_rest = 0.000131993205 * z.h + (3.19153833 * z.l - 3.0 * z.rest);
  let N = Pair(fence(1.0 - z.first, e.t) - 3.0 * z.second, N_rest + E);
  let ratio = quotient_parts(N, E * (2.0 + E) + 1.0);
  // times_exp_parts(), with a fence: fast math would factor it, which is one rounding too many here.
  let rest = fence(ratio.hi * e.q + ratio.lo * (e.q + 1.0), e.t);
  let far = fence((ratio.hi + rest) * pow2(e.t), e.t) * 5.9604645e-8;
  let y = select(far, t * K, abs(t) < 0.25);
  return keep_nan(select(y, 1.0 - y, x > 0.0), x);
}

// E (N + E P) / (1 + E)^3 with a = |x|, E = e^-z, N and P = 2 k1 + 12 k3 a^2 -+ a z'^2. N is (a1 - a) Q(a); Q and P have no negative
// terms.
fn gelu_tanh_second_derivative(x: f32) -> f32 {
  let a = magnitude(x, 10.7);
  let e = gelu_tanh_exp(gelu_tanh_argument(a));
  let s = pow2(e.t) * 5.9604645e-8;
  let E = (e.q + 1.0) * s;
  let r = reciprocal(s * e.q + (s + 1.0));
  let a2 = a * a;
  let a4 = a2 * a2;
  let Q = a4 * 0.045823589 + cubic(a, a2, 2.61876369, 0.0593119897, 0.751255572, 0.0558460951);
  let P = a4 * (a * 0.045823589) + cubic(a, a2, 3.19153833, 2.54647899, 0.856257796, 0.683194876);
  let y = ((1.21871936 - a) * Q + E * P) * (r * r * r) * (e.q + 1.0);
  return keep_nan(unscaled(Scaled(y * pow2(e.t), e.t)), x);
}

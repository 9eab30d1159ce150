// e^-z in parts, z = x (k1 + k3 x^2), k1 = 2 sqrt(2 / pi), k3 = 0.044715 k1. x = h + l with h of 8 bits: h * C1 (13 bits) and h * (C3 h^2 to
// 16 bits) are exact products; what is left (tails of the constants, l times the slope) is small enough for one rounding
// each.
fn gelu_tanh_exp(x: f32, magic: f32) -> ExpParts {
  let t = round_magic(x * (x * x * -0.102943242 - 2.30220819), magic);
  let h = bitcast<f32>((bitcast<u32>(x) + 0x8000u) & 0xffff0000u);
  let l = x - h;
  let hh = h * h;
  let cubic = fence(0.0712890625 * hh, t);
  let top = bitcast<f32>(bitcast<u32>(cubic) & 0xffffff00u);
  let slope = (0.214064449 * hh + 1.59576917) + 0.0713548139 * (l * (3.0 * h + l));
  let lo = h * ((cubic - top) + (6.57537748e-05 * hh + 6.59966026e-05)) + l * slope;
  let k = t - magic;
  let hi = fence(fence(k * -0.693145752 - h * 1.59570312, t) - h * top, t);
  return ExpParts(expm1_core(hi + (-k * 1.42860677e-6 - lo)), t);
}

// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) = x / (1 + e^-z).
fn gelu_tanh(x: f32) -> f32 {
  return keep_nan(gate(x, gelu_tanh_exp(magnitude(x, 10.7), 12583063.0)), x);
}

// For n = -|x| and E = e^z: E (1 + E + n z'(n)) / (1 + E)^2; for x > 0, 1 minus that. z' = k1 + 3 k3 n^2 = 2 + slope, exact
// but for slope_rest, which the top 8 bits of n and of the constants leave. Near its zero at -0.752, (n - n0) K(n).
fn gelu_tanh_derivative(x: f32) -> f32 {
  let n = -magnitude(x, 10.7);
  let e = gelu_tanh_exp(-n, 12583063.0);
  let s = pow2(e.t) * 5.9604645e-8;
  let E = (e.q + 1.0) * s;
  let t = fence(n + 0.752461433, e.t) - 1.13396279e-08;
  let K = (((((0.00448149256 * t + 0.0195174236) * t - 0.0165371541) * t - 0.113943346) * t - 0.0157853346) * t + 0.387518466) * t + 0.430400103;
  let h = bitcast<f32>(bitcast<u32>(n) & 0xffff0000u);
  let hh = h * h;
  let slope_rest = (0.000197261325 * hh + 6.59966026e-05) + 0.214064449 * ((n - h) * (n + h));
  let N = Pair(2.0 * n + 1.0, n * (0.213867188 * hh - 0.404296875) + (n * slope_rest + E));
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
  let e = gelu_tanh_exp(a, 12583063.0);
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

// x tanh(log(1 + e^x)) = x w (w + 2) / (w (w + 2) + 2) with w = e^x: x (w + 2) / D as a pair first, then times e^x, which carries
// 2^24 for the tail. From 20 on it is x.
fn mish(x: f32) -> f32 {
  let c = clamp(x, -104.5, 20.0);
  let e = exp_parts(c, 12583063.0);
  let s = pow2(e.t) * 5.9604645e-8;
  let w = (e.q + 1.0) * s;
  let n = quotient_parts(Pair(2.0, w), w * (w + 2.0) + 2.0);
  let c_upper = upper(c);
  let product = Pair(c_upper * n.hi, (c - c_upper) * n.hi + c * n.lo);
  let y = fence(times_exp_parts(product, e), e.t) * 5.9604645e-8;
  // Near 0 the parts would be flushed.
  let near = x * (0.32 * x + 0.6);
  return keep_nan(select(select(y, x, x > 20.0), near, abs(x) < 0.000244140625), x);
}

// x <= 0: w (4 (1 + x) (1 + w) + w (w^2 + 4w + 2)) / D^2; x > 0: 1 + (w^2 (4x - 2) + w (4x - 4) - 4) / D^2. Horner in w, so that
// roundings are diluted where w is small. Near its zero at -1.192, (x - x0) K(x).
fn mish_derivative(x: f32) -> f32 {
  let c = clamp(x, -105.0, 12.0);
  let e = exp_parts(c, 12583063.0);
  let s = pow2(e.t) * 5.9604645e-8;
  let w = (e.q + 1.0) * s;
  let A = 4.0 * c + 4.0;
  let D2 = (((w + 4.0) * w + 8.0) * w + 8.0) * w + 4.0;
  let positive = is_positive(x);
  let below = Pair(A, w * (A + (w * (w + 4.0) + 2.0)));
  let above = Pair(-4.0, w * (w * (A - 6.0) + (A - 8.0)));
  let numerator = Pair(select(below.hi, above.hi, positive), select(below.lo, above.lo, positive));
  let ratio = quotient_parts(numerator, D2);
  let t = fence(c + 1.19243121, e.t) + 3.04393755e-09;
  let v = c + 0.75;
  let K = ((((((((-0.000269529759 * v - 0.000559806009) * v + 0.000812025042) * v + 0.00468931394) * v + 0.00435948186) * v - 0.0165600814) * v - 0.0514419489) * v - 0.00546650216) * v + 0.223953933) * v + 0.363323689;
  let y = select(fence(times_exp_parts(ratio, e), e.t) * 5.9604645e-8, (1.0 + ratio.hi) + ratio.lo, positive);
  return keep_nan(select(y, t * K, abs(v) < 0.74), x);
}

// With E = e^-|x|: for x <= 0, 4E (4 + 2x + E (8 + 2x + E (6 - 3x + E (2 - 2x)))) / (2 + 2E + E^2)^3; for x > 0, 4E^2 times the same
// polynomial backwards, over (1 + 2E + 2E^2)^3.
fn mish_second_derivative(x: f32) -> f32 {
  let c = copy_sign(magnitude(x, 104.5), x);
  let e = exp_parts(-abs(c), 12583063.0);
  let E = (e.q + 1.0) * (pow2(e.t) * 5.9604645e-8);
  let positive = is_positive(x);
  let a = 4.0 + 2.0 * c;
  let b = 8.0 + 2.0 * c;
  let p = 6.0 - 3.0 * c;
  let q = 2.0 - 2.0 * c;
  let N = ((select(q, a, positive) * E + select(p, b, positive)) * E + select(b, p, positive)) * E + select(a, q, positive);
  let D = select(E * (E + 2.0) + 2.0, E * (2.0 * E + 2.0) + 1.0, positive);
  let r = reciprocal(D);
  let y = N * (r * r * r) * ((e.q + 1.0) * select(4.0, 4.0 * E, positive));
  return keep_nan(unscaled(Scaled(y * pow2(e.t), e.t)), x);
}

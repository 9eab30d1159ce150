// e^(-a^2 / 2) with 2^24: the square of the top 12 bits is exact, the rest is a small correction.
fn gelu_exp(a: f32) -> ExpParts {
  let top = upper(a);
  return exp_parts_of(Pair(-0.5 * top * top, -0.5 * (a - top) * (a + top)), 12583063.0);
}

// x Phi(x), Phi the distribution function of the normal distribution: gelu(-a) = -a Phi(-a), gelu(a) = a - a Phi(-a).
// Phi(-a) e^(a^2 / 2) is smooth: a times it is g G(g - 5/8), with g = a / (a + 5/2) and a polynomial G that is between 0.4 and
// 1.25. g and G are kept in two parts, of which the upper ones have an exact product: one rounding is left before the
// exponential.
fn gelu(x: f32) -> f32 {
  let a = magnitude(x, 14.47);
  let e = gelu_exp(a);
  let r = 1.0 / (a + 2.5);
  let a_upper = upper(a);
  let g = upper(a * r);
  let g_rest = (((a - 2.5 * g) - a_upper * g) - (a - a_upper) * g) * r;
  let t = (g - 0.625) + g_rest;
  let t2 = t * t;
  let t4 = t2 * t2;
  let Q = t4 * (t4 * -0.0897217616 + cubic(t, t2, 0.0883402005, 0.18979454, -0.0457555428, -0.186160803)) + cubic(t, t2, -0.734012604, 0.530708969, -0.0583375357, -0.251884103);
  let G = t * Q + 0.606562257;
  let G_upper = upper(G);
  let G_rest = fence(0.606562257 - G_upper, e.t) + t * Q;
  let product = Pair(-g * G_upper, -(g * G_rest + g_rest * G));
  let y = fence(times_exp_parts(product, e), e.t) * 5.9604645e-8;
  // Near 0 the parts would be flushed.
  let near = x * (0.39894228 * x + 0.5);
  let far = select(y, x + y, is_nonnegative(x));
  return keep_nan(select(far, near, a < 0.000244140625), x);
}

// Phi(x) + x phi(x) = -e^(-a^2 / 2) (a - a0) K(1 / (a + 2)) for x = -a: the zero at a0 = 0.7518 is a factor, K has none and is
// nearly flat. Both are kept in two parts, as above. For x > 0, 1 minus that.
fn gelu_derivative(x: f32) -> f32 {
  let a = magnitude(x, 14.47);
  let e = gelu_exp(a);
  let w = reciprocal(a + 2.0);
  let w2 = w * w;
  let w4 = w2 * w2;
  let Q = w4 * (w4 * 2.72186756 + cubic(w, w2, -4.52251434, 6.5744648, -1.73960924, -3.814044)) + cubic(w, w2, 0.299627334, 0.433453053, 0.283070892, 0.549529195);
  let K = w * Q + 0.398947358;
  let K_upper = upper(K);
  let K_rest = fence(0.398947358 - K_upper, e.t) + w * Q;
  let distance = fence(a - 0.7517915368080139, e.t);
  let t = distance + 1.211444945855772e-08;
  let t_upper = upper(t);
  // One of the two is exact.
  let t_lower = select(distance - t_upper, a - (0.7517915368080139 + t_upper), a < 0.375);
  let t_rest = t_lower + 1.211444945855772e-08;
  let product = Pair(-t_upper * K_upper, -(t_upper * K_rest + t_rest * K));
  let y = fence(times_exp_parts(product, e), e.t) * 5.9604645e-8;
  return keep_nan(select(y, 1.0 - y, is_positive(x)), x);
}

// (2 - x^2) e^(-x^2 / 2) / sqrt(2 pi).
fn gelu_second_derivative(x: f32) -> f32 {
  let a = magnitude(x, 14.47);
  let e = gelu_exp(a);
  let y = (2.0 - a * a) * ((e.q + 1.0) * 0.39894228);
  return keep_nan(unscaled(Scaled(y * pow2(e.t), e.t)), x);
}

// e^(-a^2) in parts: the square of the top 12 bits is exact, the rest is a small correction. magic as for exp_parts().
fn gaussian_exp(a: f32, magic: f32) -> ExpParts {
  let top = upper(a);
  return exp_parts_of(Pair(-top * top, (top - a) * (a + top)), magic);
}

// e^(-x^2).
fn gaussian(x: f32) -> f32 {
  return keep_nan(exp_of(gaussian_exp(magnitude(x, 9.38), 12583039.0)), x);
}

// -2 x e^(-x^2). The exponential carries 2^24, for the tail.
fn gaussian_derivative(x: f32) -> f32 {
  let a = magnitude(x, 10.23);
  let e = gaussian_exp(a, 12583063.0);
  return keep_nan(fence(flip_sign(-a, x) * exp_of(e), e.t) * 1.1920929e-07, x);
}

// (4 x^2 - 2) e^(-x^2) = 4 (a - a0) (a + a0) e^(-a^2): the zero at a0 = sqrt(1/2), in two parts, is a factor.
fn gaussian_second_derivative(x: f32) -> f32 {
  let a = magnitude(x, 10.23);
  let e = gaussian_exp(a, 12583063.0);
  let t = fence(a - 0.707106769, e.t) - 1.21016175e-08;
  return keep_nan(fence(t * (a + 0.707106769) * exp_of(e), e.t) * 2.3841858e-07, x);
}

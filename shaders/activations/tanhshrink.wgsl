// x - tanh(x): an odd polynomial below 0.87; above, (a - 1) + 2 / (1 + e^2a), two positive terms.
fn tanhshrink(x: f32) -> f32 {
  let a = abs(x);
  let u = a * a;
  let P = (((((0.000628933543 * u - 0.00301003666) * u + 0.00867011584) * u - 0.0218488667) * u + 0.0539707579) * u - 0.133333832) * u + 0.333333343;
  let e = exp_parts(magnitude(2.0 * x, 60.0), 12583039.0);
  let s = pow2(e.t);
  let y = select((a - 1.0) + 2.0 * reciprocal(s * e.q + (s + 1.0)), a * u * P, a < 0.87);
  return keep_nan(copy_sign(y, x), x);
}

// tanh(x)^2: u P(u) near 0, u = x^2; 1 - sech(x)^2 beyond 0.9, where sech^2 is below 0.49.
fn tanhshrink_derivative(x: f32) -> f32 {
  let a = abs(x);
  let u = a * a;
  let P = ((((((-0.0027299698 * u + 0.0146317668) * u - 0.0424534567) * u + 0.0960336849) * u - 0.196546972) * u + 0.377752095) * u - 0.666665852) * u + 1.0;
  return keep_nan(select(1.0 - sech_squared_half(2.0 * x), u * P, a < 0.9), x);
}

// 2 tanh(x) sech(x)^2.
fn tanhshrink_second_derivative(x: f32) -> f32 {
  return keep_nan(tanh_sech_squared_half(2.0 * x), x);
}

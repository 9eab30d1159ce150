// tanhshrink(x) = x - tanh(x)

// (a - tanh(a)) / a^3 for u = a^2 and a <= 0.87, with an error of 0.500 * 2^-24 of it, from
// scripts/fit.py, "tanhshrink_polynomial".
fn tanhshrink_polynomial(u: f32) -> f32 {
  let high = (0.000628933543 * u - 0.00301003666) * u + 0.00867011584;
  return (((high * u - 0.0218488667) * u + 0.0539707579) * u - 0.133333832) * u + 0.333333343;
}

// An odd polynomial below 0.87; above, (a - 1) + 2 / (1 + e^2a), which are two positive terms.
fn tanhshrink(x: f32) -> f32 {
  let a = abs(x);
  let u = a * a;
  let e = exp_parts(magnitude(2.0 * x, 60.0), MAGIC_127);
  let far = (a - 1.0) + 2.0 * reciprocal(one_plus_exp(e));
  return keep_nan(copy_sign(select(far, a * u * tanhshrink_polynomial(u), a < 0.87), x), x);
}

// (tanh(a) / a)^2 for u = a^2 and a <= 0.9, with an error of 0.139 * 2^-24 of it, from
// scripts/fit.py, "tanh_squared_polynomial".
fn tanh_squared_polynomial(u: f32) -> f32 {
  let high = ((-0.0027299698 * u + 0.0146317668) * u - 0.0424534567) * u + 0.0960336849;
  return (((high * u - 0.196546972) * u + 0.377752095) * u - 0.666665852) * u + 1.0;
}

// tanh(x)^2: a polynomial below 0.9, else 1 - sech(x)^2, where sech(x)^2 is below 0.49.
fn tanhshrink_derivative(x: f32) -> f32 {
  let a = abs(x);
  let u = a * a;
  let near = u * tanh_squared_polynomial(u);
  return keep_nan(select(1.0 - sech_squared_half(2.0 * x), near, a < 0.9), x);
}

// 2 tanh(x) sech(x)^2.
fn tanhshrink_second_derivative(x: f32) -> f32 {
  return keep_nan(tanh_sech_squared_half(2.0 * x), x);
}

// Takes the place of the built-in function of that name, which may be 4096 ulp off. Below 1, x plus an odd polynomial;
// above, pi / 2 - atan(1 / |x|), with pi / 2 in two parts.
fn atan(x: f32) -> f32 {
  let a = magnitude(x, 1.0e9);
  let r = reciprocal(max(a, 1.0));
  let above = a > 1.0;
  let z = select(a, r, above);
  let u = z * z;
  let u2 = u * u;
  let u4 = u2 * u2;
  let Q = u4 * (u4 * -0.00178770779 + cubic(u, u2, -0.0840055346, 0.0579080991, -0.0311285947, 0.0108881714)) + cubic(u, u2, -0.333332986, 0.19998531, -0.142640531, 0.109511934);
  let y = z * (u * Q);
  let far = 1.57079637 - (z + (y + 4.37113883e-08));
  return keep_nan(flip_sign(select(z + y, far, above), x), x);
}

// 1 / (1 + |x|^2) times 2^64 beyond 2^16, so that it is normal wherever it is computed, and the power of two that is owed.
struct AtanSlope { value: f32, scale: f32 }

fn atan_slope(a: f32) -> AtanSlope {
  let far = a > 65536.0;
  let scale = select(1.0, 2.3283064e-10, far);
  let b = a * scale;
  return AtanSlope(reciprocal(b * b + select(1.0, 5.42101086e-20, far)), scale);
}

// 1 / (1 + x^2). Beyond 2^64 it is below every normal number.
fn atan_derivative(x: f32) -> f32 {
  let a = magnitude(x, 1.8446744e19);
  let slope = atan_slope(a);
  let y = (slope.value * slope.scale) * slope.scale;
  return keep_nan(select(y, 0.0, a == 1.8446744e19), x);
}

// -2 x / (1 + x^2)^2. Beyond 2^45 it is below every normal number.
fn atan_second_derivative(x: f32) -> f32 {
  let a = magnitude(x, 3.5184372e13);
  let slope = atan_slope(a);
  // x / (1 + x^2) is normal where the square of its denominator would not be.
  let y = fence((flip_sign(-2.0 * a, x) * slope.value * slope.scale) * slope.scale, slope.value);
  return keep_nan(select((y * slope.value * slope.scale) * slope.scale, 0.0, a == 3.5184372e13), x);
}

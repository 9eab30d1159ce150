// atan(x) = arctan x
//
// It takes the place of the built-in function, which may be 4096 ulp off. Below 1 it is an odd
// polynomial, above pi / 2 - atan(1 / |x|).

// pi / 2 in two parts: scripts/fit.py, "ATAN_HALF_PI".
const ATAN_HALF_PI: f32 = 1.57079637;
const ATAN_HALF_PI_MINUS: f32 = 4.37113883e-08;

// Beyond these |x| atan_slope() scales, and the second derivative is below every normal number. The
// first derivative is so beyond 2^64.
const ATAN_FAR: f32 = 65536.0;
const ATAN_SECOND_FLAT: f32 = 3.5184372e13;

// (atan(z) / z - 1) / z^2 for u = z^2 <= 1; atan(z) has an error of 0.044 * 2^-24 of itself then.
// From scripts/fit.py, "atan_polynomial".
fn atan_polynomial(u: f32) -> f32 {
  return octic(
    u, -0.333332986, 0.19998531, -0.142640531, 0.109511934, -0.0840055346, 0.0579080991,
    -0.0311285947, 0.0108881714, -0.00178770779,
  );
}

fn atan(x: f32) -> f32 {
  let a = magnitude(x, 1.0e9);
  let r = reciprocal(max(a, 1.0));
  let above = a > 1.0;
  let z = select(a, r, above);
  let u = z * z;
  let y = z * (u * atan_polynomial(u));
  let far = ATAN_HALF_PI - (z + (y + ATAN_HALF_PI_MINUS));
  return keep_nan(flip_sign(select(z + y, far, above), x), x);
}

// 1 / (1 + a^2), multiplied by 2^64 beyond ATAN_FAR, so that it is normal wherever it is computed.
// It has to be multiplied by scale twice.
struct AtanSlope { value: f32, scale: f32 }

fn atan_slope(a: f32) -> AtanSlope {
  let far = a > ATAN_FAR;
  let scale = select(1.0, TWO_POW_MINUS_32, far);
  let b = a * scale;
  return AtanSlope(reciprocal(b * b + select(1.0, TWO_POW_MINUS_64, far)), scale);
}

// 1 / (1 + x^2).
fn atan_derivative(x: f32) -> f32 {
  let a = magnitude(x, TWO_POW_64);
  let slope = atan_slope(a);
  let y = (slope.value * slope.scale) * slope.scale;
  return keep_nan(select(y, 0.0, a == TWO_POW_64), x);
}

// -2 x / (1 + x^2)^2. x / (1 + x^2) is normal where the square of its denominator would not be.
fn atan_second_derivative(x: f32) -> f32 {
  let a = magnitude(x, ATAN_SECOND_FLAT);
  let slope = atan_slope(a);
  let start = flip_sign(-2.0 * a, x) * slope.value * slope.scale;
  let y = opt_barrier(start * slope.scale, slope.value);
  let end = (y * slope.value * slope.scale) * slope.scale;
  return keep_nan(select(end, 0.0, a == ATAN_SECOND_FLAT), x);
}

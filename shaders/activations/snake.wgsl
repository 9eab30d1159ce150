// snake(x; alpha) = x + sin(alpha x)^2 / alpha, and its limit x for an alpha of 0 or an infinite x
//
// |alpha| is 0, or 2^-100 at least.

// 1 / alpha: reciprocal() takes positive numbers.
fn snake_reciprocal(alpha: f32) -> f32 {
  return flip_sign(reciprocal(abs(alpha)), alpha);
}

fn snake(x: f32, alpha: f32) -> f32 {
  let s = wave(alpha, x).sin;
  let is_line = (alpha == 0.0) | (magnitude(x, 3.4e38) == 3.4e38);
  return keep_nan(select(s * s * snake_reciprocal(alpha) + x, x, is_line), x);
}

// 1 + sin(2 alpha x).
fn snake_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(1.0 + wave(2.0 * alpha, x).sin, 1.0, alpha == 0.0), x);
}

// 2 alpha cos(2 alpha x).
fn snake_second_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(2.0 * alpha * wave(2.0 * alpha, x).cos, 0.0, alpha == 0.0), x);
}

// (x sin(2 alpha x) - sin(alpha x)^2 / alpha) / alpha, and x^2 near 0. The order of the products
// keeps them within f32.
fn snake_derivative_alpha(x: f32, alpha: f32) -> f32 {
  let w = wave(alpha, x);
  let r = snake_reciprocal(alpha);
  let far = ((x * w.cos - 0.5 * w.sin * r) * (2.0 * w.sin)) * r;
  let is_near = (alpha == 0.0) | (abs(alpha * x) < TWO_POW_MINUS_12);
  return keep_nan(select(far, x * x, is_near), x);
}

// snake(x; alpha) = x + sin(alpha x)^2 / alpha, and its limit x for an alpha of 0 or an infinite x

// 1 / alpha: reciprocal() takes positive numbers.
fn snake_reciprocal(alpha: f32) -> f32 {
  return flip_sign(reciprocal(abs(alpha)), alpha);
}

fn snake(x: f32, alpha: f32) -> f32 {
  let s = wave(alpha, x).sin;
  // A huge alpha leaves a part of a small x, which is added before it can be flushed.
  let is_huge = exponent(alpha) > 167u;
  let up = select(1.0, TWO_POW_64, is_huge);
  let down = select(1.0, TWO_POW_MINUS_64, is_huge);
  let sum = opt_barrier(s * s * snake_reciprocal(alpha * down) + x * up, s * s) * down;
  let is_far = (magnitude(x, 3.4e38) == 3.4e38) | (is_huge & (abs(x) > 1.0));
  let y = select(sum, x, is_far | (exponent(alpha) == 0u));
  return keep_nan(nan_unless_finite(y, alpha), x);
}

// The sine and cosine of 2 alpha x. The smaller factor is doubled.
fn snake_wave(x: f32, alpha: f32) -> Wave {
  let is_small = abs(alpha) < 1024.0;
  return wave(select(alpha, 2.0 * alpha, is_small), select(2.0 * x, x, is_small));
}

// 1 + sin(2 alpha x).
fn snake_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(1.0 + snake_wave(x, alpha).sin, 1.0, exponent(alpha) == 0u), x);
}

// 2 alpha cos(2 alpha x).
fn snake_second_derivative(x: f32, alpha: f32) -> f32 {
  return keep_nan(select(alpha * (2.0 * snake_wave(x, alpha).cos), 0.0, exponent(alpha) == 0u), x);
}

// (x sin(2 alpha x) - sin(alpha x)^2 / alpha) / alpha, and x^2 near 0. The order of the products
// keeps them within f32.
fn snake_derivative_alpha(x: f32, alpha: f32) -> f32 {
  let w = wave(alpha, x);
  // 1 / alpha may be flushed beside x, but not as a factor.
  let m = flip_sign(reciprocal(copy_sign(significand(alpha), 1.0)), alpha);
  let difference = x * w.cos - 0.5 * w.sin * snake_reciprocal(alpha);
  let k = POW2_BIAS + 127u - exponent(alpha);
  let far = times_pow2(difference * (2.0 * w.sin) * m, k);
  let is_near = (exponent(alpha) == 0u) | (abs(alpha * x) < TWO_POW_MINUS_12);
  let y = select(nan_where(is_nan(w.sin), far), x * x, is_near);
  return keep_nan(nan_unless_finite(y, alpha), x);
}

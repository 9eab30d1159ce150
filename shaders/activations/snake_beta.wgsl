// snake_beta(x; alpha, beta) = x + sin(alpha x)^2 / beta, and its limit x for an infinite x
//
// A beta of 0 gives NaN. Exponents are set aside where parameters multiply or divide.

// y, or NaN where a number is none.
fn snake_beta_checked(y: f32, x: f32, alpha: f32, beta: f32) -> f32 {
  let by_zero = nan_where((bitcast<u32>(beta) & MAGNITUDE_BITS) == 0u, y);
  return keep_nan(nan_unless_finite(nan_unless_finite(by_zero, alpha), beta), x);
}

// 2^shift a b s / beta for a wave s.
fn snake_beta_wave(a: f32, b: f32, s: f32, beta: f32, shift: u32) -> f32 {
  let p = normalized(a);
  let q = normalized(b);
  let r = normalized(s);
  let d = normalized(beta);
  let k = p.k + q.k + r.k + shift + (POW2_BIAS - 2u * NORMALIZED_BIAS) - d.k;
  let y = times_pow2(p.m * q.m * r.m * reciprocal(d.m), k);
  let sign = flip_sign(flip_sign(flip_sign(copy_sign(1.0, a), b), s), beta);
  let of_two = min(bitcast<u32>(a) & MAGNITUDE_BITS, bitcast<u32>(b) & MAGNITUDE_BITS);
  let is_zero = min(of_two, bitcast<u32>(s) & MAGNITUDE_BITS) == 0u;
  return nan_where(is_nan(s), flip_sign(select(y, 0.0, is_zero), sign));
}

// The sine and cosine of 2 alpha x. The smaller factor is doubled.
fn snake_beta_twice(x: f32, alpha: f32) -> Wave {
  let is_small = abs(alpha) < 1024.0;
  return wave(select(alpha, 2.0 * alpha, is_small), select(2.0 * x, x, is_small));
}

fn snake_beta(x: f32, alpha: f32, beta: f32) -> f32 {
  let s = wave(alpha, x).sin;
  // A huge alpha leaves a part of a small x, which is added before it can be flushed.
  let is_small = exponent(s) + exponent(s) < exponent(beta) + 127u;
  let is_huge = (exponent(alpha) > 167u) & is_small & (abs(x) < 1.0);
  let up = select(1.0, TWO_POW_64, is_huge);
  let down = select(1.0, TWO_POW_MINUS_64, is_huge);
  let bend = snake_beta_wave(s, 1.0, s, beta, select_bits(0u, 64u, is_huge));
  let sum = opt_barrier(bend + x * up, s * s) * down;
  let is_limit = ((bitcast<u32>(x) & MAGNITUDE_BITS) == 0u) | (exponent(x) == 255u);
  let y = select(sum, x, is_limit);
  return snake_beta_checked(y, x, alpha, beta);
}

// 1 + alpha sin(2 alpha x) / beta.
fn snake_beta_derivative(x: f32, alpha: f32, beta: f32) -> f32 {
  let y = 1.0 + snake_beta_wave(alpha, 1.0, snake_beta_twice(x, alpha).sin, beta, 0u);
  return snake_beta_checked(y, x, alpha, beta);
}

// 2 alpha^2 cos(2 alpha x) / beta.
fn snake_beta_second_derivative(x: f32, alpha: f32, beta: f32) -> f32 {
  let y = snake_beta_wave(alpha, alpha, 2.0 * snake_beta_twice(x, alpha).cos, beta, 0u);
  return snake_beta_checked(y, x, alpha, beta);
}

// x sin(2 alpha x) / beta.
fn snake_beta_derivative_alpha(x: f32, alpha: f32, beta: f32) -> f32 {
  let y = snake_beta_wave(x, 1.0, snake_beta_twice(x, alpha).sin, beta, 0u);
  return snake_beta_checked(y, x, alpha, beta);
}

// -(sin(alpha x) / beta)^2.
fn snake_beta_derivative_beta(x: f32, alpha: f32, beta: f32) -> f32 {
  let y = quotient(wave(alpha, x).sin, beta);
  return snake_beta_checked(-y * y, x, alpha, beta);
}

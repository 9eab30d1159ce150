// affine(x; alpha, beta) = alpha x + beta, and beta for an alpha of 0, also where x is infinite
fn affine(x: f32, alpha: f32, beta: f32) -> f32 {
  let l = exact_line(alpha, x, beta, 0.0);
  let y = times_pow2(l.sum, l.k);
  return keep_nan(keep_nan(y, scaled(flushed(alpha), x) + beta), x);
}

// alpha.
fn affine_derivative(x: f32, alpha: f32, beta: f32) -> f32 {
  return keep_nan(alpha, x);
}

// x.
fn affine_derivative_alpha(x: f32, alpha: f32, beta: f32) -> f32 {
  return x;
}

// 1.
fn affine_derivative_beta(x: f32, alpha: f32, beta: f32) -> f32 {
  return keep_nan(1.0, x);
}

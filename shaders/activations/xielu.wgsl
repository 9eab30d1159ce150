// e^m in parts for m = min(x, most), x <= 0.
fn xielu_exp(x: f32, most: f32) -> ExpParts {
  return exp_parts(min(-magnitude(x, 88.0), most), 12583039.0);
}

// (e^u - 1 - u) / u for -1/2 <= u <= 0.
fn xielu_bend(u: f32) -> f32 {
  let u2 = u * u;
  return u * (u2 * u2 * 0.00116847863 + cubic(u, u2, 0.5, 0.166665897, 0.0416518003, 0.00824305788));
}

// e^x - 1 - x for -2 <= x <= -1/2: all but the last sum is exact.
fn xielu_excess(x: f32, e: ExpParts) -> f32 {
  let s = pow2(e.t);
  return fence((s - 1.0) - x, e.t) + s * e.q;
}

// alpha_p x^2 + beta x for x > 0, else alpha_n (e^min(x, eps) - 1 - x) + beta x.
fn xielu(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  let above = scaled(scaled(alpha_p, x) + beta, x);
  let e = xielu_exp(x, eps);
  let u = -magnitude(x, 2.0);
  // alpha_n first: the square of u may be below all numbers while the result is not.
  let bend = select(alpha_n * xielu_excess(u, e), fence(alpha_n * u, e.t) * xielu_bend(u), x >= -0.5);
  let far = scaled(beta - alpha_n, x) - alpha_n * one_minus_exp(e);
  let below = select(far, bend + beta * u, x >= -2.0 && x <= eps);
  // Not on bits: it jumps at 0, so that whoever flushes x must take it for 0 here, too.
  return keep_nan(select(below, above, x > 0.0), x);
}

// 2 alpha_p x + beta for x > 0, else alpha_n (e^x - 1) + beta.
fn xielu_derivative(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  let below = beta - alpha_n * one_minus_exp(xielu_exp(x, 0.0));
  return keep_nan(select(below, scaled(2.0 * alpha_p, x) + beta, is_positive(x)), x);
}

// 2 alpha_p for x > 0, else alpha_n e^x.
fn xielu_second_derivative(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  return keep_nan(select(scaled_exp(alpha_n, x), 2.0 * alpha_p, is_positive(x)), x);
}

// The derivative with respect to alpha_p: x^2 for x > 0, else 0.
fn xielu_derivative_alpha_p(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  return keep_nan(select(0.0, x * x, is_positive(x)), x);
}

// The derivative with respect to alpha_n: 0 for x > 0, else e^min(x, eps) - 1 - x.
fn xielu_derivative_alpha_n(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  let u = -magnitude(x, 0.5);
  let e = xielu_exp(x, eps);
  let far = -x - fence(one_minus_exp(e), e.t);
  return keep_nan(select(select(far, u * xielu_bend(u), x >= -0.5 && x <= eps), 0.0, is_positive(x)), x);
}

// The derivative with respect to beta.
fn xielu_derivative_beta(x: f32, alpha_p: f32, alpha_n: f32, beta: f32, eps: f32) -> f32 {
  return x;
}

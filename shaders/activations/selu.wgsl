// selu(x; alpha, scale) = scale x for x > 0, else scale alpha (e^x - 1)
fn selu(x: f32, alpha: f32, scale: f32) -> f32 {
  let below = product_of_three(scale, alpha, scaled_expm1(1.0, x));
  return keep_nan(select(below, scaled(scale, x), is_nonnegative(x)), x);
}

// scale for x > 0, else scale alpha e^x.
fn selu_derivative(x: f32, alpha: f32, scale: f32) -> f32 {
  return keep_nan(select(scaled_exp(scale, alpha, x), scale, is_positive(x)), x);
}

// scale alpha in two parts. The defaults stand for numbers that are no f32.
fn selu_limit(alpha: f32, scale: f32) -> Pair {
  let is_default = (alpha == 1.6732632) & (scale == 1.050701);
  let product = two_prod(scale, alpha, scale);
  let lo = select(product.lo, 2.3296717e-8, is_default);
  return Pair(select(product.hi, 1.7580993, is_default), lo);
}

// From y, for an alpha and a scale > 0: scale for y > 0, else y + scale alpha.
fn selu_derivative_from_output(y: f32, alpha: f32, scale: f32) -> f32 {
  let limit = selu_limit(alpha, scale);
  let below = opt_barrier(y + limit.hi, y * y) + limit.lo;
  return keep_nan(select(below, scale, is_positive(y)), y);
}

// 0 for x >= 0, else scale alpha e^x.
fn selu_second_derivative(x: f32, alpha: f32, scale: f32) -> f32 {
  return keep_nan(select(scaled_exp(scale, alpha, x), 0.0, is_nonnegative(x)), x);
}

// 0 for x > 0, else scale (e^x - 1).
fn selu_derivative_alpha(x: f32, alpha: f32, scale: f32) -> f32 {
  return where_not_positive(x, scaled_expm1(scale, x));
}

// x for x > 0, else alpha (e^x - 1).
fn selu_derivative_scale(x: f32, alpha: f32, scale: f32) -> f32 {
  return keep_nan(select(scaled_expm1(alpha, x), x, is_nonnegative(x)), x);
}

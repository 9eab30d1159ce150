// bent_identity(x) = x + (sqrt(x^2 + 1) - 1) / 2

// x^2 + 1. Beyond 2^51 the root no longer depends on the 1; there the square stays that of 2^51.
fn bent_identity_square(x: f32) -> Pair {
  let a = magnitude(x, TWO_POW_51);
  return sum_parts(two_prod_fast(a, a), 1.0);
}

// Below 1, where the formula cancels, x + x^2 / (2 (sqrt(x^2 + 1) + 1)).
fn bent_identity(x: f32) -> f32 {
  let a = magnitude(x, F32_MAX);
  let d = bent_identity_square(x);
  let s = root(d);
  let far = 0.5 * (select(s, a, a > 1073741824.0) - 1.0);
  let near = 0.5 * a * a * reciprocal(s + 1.0);
  return keep_nan(select(x + select(far, near, a < 1.0), x, a < 1.0e-8), x);
}

// 1 + x / (2 sqrt(x^2 + 1)).
fn bent_identity_derivative(x: f32) -> f32 {
  let inverse = inverse_root(bent_identity_square(x));
  return keep_nan(flip_sign(0.5 * magnitude(x, TWO_POW_51) * inverse, x) + 1.0, x);
}

// 1 / (2 sqrt(x^2 + 1)^3).
fn bent_identity_second_derivative(x: f32) -> f32 {
  let inverse = inverse_root(bent_identity_square(x));
  return keep_nan(0.5 * inverse * inverse * inverse, x);
}

// x for x > 0, else weight * x.
fn prelu(x: f32, weight: f32) -> f32 {
  return select(scaled(weight, x), x, is_nonnegative(x));
}

// 1 for x > 0, else weight.
fn prelu_derivative(x: f32, weight: f32) -> f32 {
  return keep_nan(select(weight, 1.0, is_positive(x)), x);
}

// The derivative with respect to the weight: 0 for x > 0, else x.
fn prelu_derivative_weight(x: f32, weight: f32) -> f32 {
  return keep_nan(select(x, 0.0, is_positive(x)), x);
}

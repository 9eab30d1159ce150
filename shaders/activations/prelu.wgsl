// prelu(x; weight) = x for x > 0, else weight x
fn prelu(x: f32, weight: f32) -> f32 {
  return leaky(x, weight);
}

// 1 for x > 0, else weight.
fn prelu_derivative(x: f32, weight: f32) -> f32 {
  return leaky_derivative(x, weight);
}

// 0 for x > 0, else x.
fn prelu_derivative_weight(x: f32, weight: f32) -> f32 {
  return where_not_positive(x, x);
}

// x for x > 0, else x times the mean slope: evaluation mode.
fn rrelu(x: f32, lower: f32, upper: f32) -> f32 {
  return select(scaled(0.5 * lower + 0.5 * upper, x), x, is_nonnegative(x));
}

// 1 for x > 0, else the mean slope.
fn rrelu_derivative(x: f32, lower: f32, upper: f32) -> f32 {
  return keep_nan(select(0.5 * lower + 0.5 * upper, 1.0, is_positive(x)), x);
}

// The slope for a random number from 0 to 1. Never fused, so that it has the same bits on every device.
fn rrelu_slope(x: f32, lower: f32, upper: f32, random: f32) -> f32 {
  return lower + fence((upper - lower) * random, abs(x) + 1.0);
}

// Training mode: a random slope for each element.
fn rrelu_training(x: f32, lower: f32, upper: f32, random: f32) -> f32 {
  return select(scaled(rrelu_slope(x, lower, upper, random), x), x, is_nonnegative(x));
}

fn rrelu_training_derivative(x: f32, lower: f32, upper: f32, random: f32) -> f32 {
  return keep_nan(select(rrelu_slope(x, lower, upper, random), 1.0, is_positive(x)), x);
}

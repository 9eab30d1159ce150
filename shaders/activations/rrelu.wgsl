// rrelu(x; lower, upper) = x for x > 0, else (lower + upper) / 2 x; in training the slope is random
fn rrelu(x: f32, lower: f32, upper: f32) -> f32 {
  return leaky(x, 0.5 * lower + 0.5 * upper);
}

// 1 for x > 0, else the mean slope.
fn rrelu_derivative(x: f32, lower: f32, upper: f32) -> f32 {
  return leaky_derivative(x, 0.5 * lower + 0.5 * upper);
}

// The slope for a random number from 0 to 1. The barrier keeps devices from fusing it, so that it
// has the same bits on all.
fn rrelu_slope(x: f32, lower: f32, upper: f32, random: f32) -> f32 {
  return lower + opt_barrier((upper - lower) * random, abs(x) + 1.0);
}

fn rrelu_training(x: f32, lower: f32, upper: f32, random: f32) -> f32 {
  return leaky(x, rrelu_slope(x, lower, upper, random));
}

fn rrelu_training_derivative(x: f32, lower: f32, upper: f32, random: f32) -> f32 {
  return leaky_derivative(x, rrelu_slope(x, lower, upper, random));
}

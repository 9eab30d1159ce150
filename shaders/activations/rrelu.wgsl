// rrelu(x; lower, upper) = x for x > 0, else (lower + upper) / 2 x; in training the slope is random
fn rrelu(x: f32, lower: f32, upper: f32) -> f32 {
  return leaky(x, 0.5 * lower + 0.5 * upper);
}

// 1 for x > 0, else the mean slope.
fn rrelu_derivative(x: f32, lower: f32, upper: f32) -> f32 {
  return leaky_derivative(x, 0.5 * lower + 0.5 * upper);
}

// The slope for a random number from 0 to 1. The barrier keeps devices from fusing it, so that it
// has the same bits on all. Halves keep the difference within f32.
fn rrelu_slope(x: f32, lower: f32, upper: f32, random: f32) -> f32 {
  let rise = opt_barrier((0.5 * upper - 0.5 * lower) * random, abs(x) + 1.0);
  return 2.0 * (0.5 * lower + rise);
}

fn rrelu_training(x: f32, lower: f32, upper: f32, random: f32) -> f32 {
  return leaky(x, rrelu_slope(x, lower, upper, random));
}

fn rrelu_training_derivative(x: f32, lower: f32, upper: f32, random: f32) -> f32 {
  return leaky_derivative(x, rrelu_slope(x, lower, upper, random));
}

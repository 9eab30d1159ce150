// Gives weight(); needs weighted_mean.wgsl.

// All elements that are above the threshold count alike.
fn weight(y: f32) -> Pair {
  return Pair(select(0.0, 1.0, is_positive(y)), 0.0);
}

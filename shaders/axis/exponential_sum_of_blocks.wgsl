// As exponential_sum.wgsl, from the statistics of a row's blocks: their largest logits, and their
// R. Gives key() and term().
fn key(e: Element) -> u32 {
  return order(bitcast<f32>(e.stats.x));
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let largest = bitcast<f32>(e.stats.x);
  if (order(largest) == top) {
    return Accumulator(1u, bitcast<f32>(e.stats.y), 0.0);
  }
  return Accumulator(0u, scaled_exponential(largest, of_order(top)) * (sum_of_others(e.stats) + 1.0), 0.0);
}

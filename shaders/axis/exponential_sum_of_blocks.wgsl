// As exponential_sum.wgsl, from the statistics of a row's blocks: their largest logits, and their
// R. Gives key() and term().
fn key(e: Element) -> u32 {
  return order(bitcast<f32>(e.stats.first));
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let largest = bitcast<f32>(e.stats.first);
  let is_top = order(largest) == top;
  let others = scaled_exponential(largest, of_order(top)) * (sum_of_others(e.stats) + 1.0);
  return Accumulator(select_bits(0u, 1u, is_top), select(others, bitcast<f32>(e.stats.second), is_top), 0.0);
}

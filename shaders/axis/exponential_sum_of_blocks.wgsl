// As exponential_sum.wgsl, from the statistics of a row's blocks: their largest logits, and their
// R. Gives key() and term().
fn key(e: Element) -> u32 {
  return order(bitcast<f32>(e.stats.first));
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  return term_of_stats(e.stats, top);
}

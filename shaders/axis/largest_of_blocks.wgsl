// As largest.wgsl, from the statistics of a row's blocks. Gives key() and term().
fn key(e: Element) -> u32 {
  return order(bitcast<f32>(e.stats.first));
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  return Accumulator(select_bits(NO_INDEX, e.stats.second, order(bitcast<f32>(e.stats.first)) == top));
}

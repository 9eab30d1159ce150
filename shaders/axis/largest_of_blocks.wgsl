// As largest.wgsl, from the statistics of a row's blocks. Gives key() and term().
fn key(e: Element) -> u32 {
  return order(bitcast<f32>(e.stats.x));
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  return Accumulator(select(NO_INDEX, e.stats.y, order(bitcast<f32>(e.stats.x)) == top));
}

// As largest.wgsl, from the statistics of a row's blocks. Gives key() and term().
fn key(e: Element) -> i32 {
  return rank(bitcast<f32>(e.stats.x));
}

fn term(e: Element, index: u32, top: i32) -> Accumulator {
  return Accumulator(select(NO_INDEX, e.stats.y, rank(bitcast<f32>(e.stats.x)) == top));
}

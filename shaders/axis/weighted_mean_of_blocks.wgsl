// As weighted_mean.wgsl, from the sums of a row's blocks. Gives term().
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let sum = bitcast<f32>(e.stats.first);
  let weights = Pair(bitcast<f32>(e.stats.third), bitcast<f32>(e.stats.fourth));
  return two_terms(is_finite(sum), Pair(sum, bitcast<f32>(e.stats.second)), weights);
}

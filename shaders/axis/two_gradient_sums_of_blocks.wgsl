// As two_gradient_sums.wgsl, from the two sums of a row's blocks. Gives term().
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let first = bitcast<f32>(e.stats.first);
  return two_terms(is_finite(first), Pair(first, 0.0), Pair(bitcast<f32>(e.stats.second), 0.0));
}

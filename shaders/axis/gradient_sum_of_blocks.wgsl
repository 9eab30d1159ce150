// As gradient_sum.wgsl, from the sums of a row's blocks. Gives term().
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let sum = bitcast<f32>(e.stats.first);
  return finite_term(is_finite(sum), sum, bitcast<f32>(e.stats.second));
}

// The terms of two_sums.wgsl, of the two sums of the blocks of a row.
fn term(e: Element, index: u32, top: u32) -> Gathered {
  let first = bitcast<f32>(e.known.x);
  return two_terms(is_finite(first), Pair(first, 0.0), Pair(bitcast<f32>(e.known.y), 0.0));
}

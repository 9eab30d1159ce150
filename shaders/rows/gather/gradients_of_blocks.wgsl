// The terms of gradients.wgsl, of the sums of the blocks of a row.
fn term(e: Element, index: u32, top: u32) -> Gathered {
  let sum = bitcast<f32>(e.known.x);
  return gathered_if_finite(is_finite(sum), sum, bitcast<f32>(e.known.y));
}

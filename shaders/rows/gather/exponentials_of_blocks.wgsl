// As exponentials.wgsl, of what is known of the blocks of a row: their largest logits, and the sums of their other exponentials.
fn key(e: Element) -> u32 {
  return order(bitcast<f32>(e.known.x));
}

fn term(e: Element, index: u32, top: u32) -> Gathered {
  let largest = bitcast<f32>(e.known.x);
  if (order(largest) == top) {
    return Gathered(1u, bitcast<f32>(e.known.y), 0.0);
  }
  return Gathered(0u, scaled_exponential(largest, of_order(top)) * (others(e.known) + 1.0), 0.0);
}

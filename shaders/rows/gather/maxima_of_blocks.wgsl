// As maxima_of_elements.wgsl, of the largest elements of the blocks of a row, and of their indices.
fn key(e: Element) -> u32 {
  return order(bitcast<f32>(e.known.x));
}

fn term(e: Element, index: u32, top: u32) -> Gathered {
  return Gathered(select(0xffffffffu, e.known.y, order(bitcast<f32>(e.known.x)) == top));
}

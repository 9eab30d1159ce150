// What maxima.wgsl needs of each element: key() is its order, term() its index if it equals the largest.
fn key(e: Element) -> u32 {
  return order(e.x);
}

fn term(e: Element, index: u32, top: u32) -> Gathered {
  return Gathered(select(0xffffffffu, index, order(e.x) == top));
}

// What maxima.wgsl needs of each element: key() is its order, term() its index if it equals the largest.
fn key(e: Element) -> i32 {
  return rank(e.x);
}

fn term(e: Element, index: u32, top: i32) -> Gathered {
  return Gathered(select(0xffffffffu, index, rank(e.x) == top));
}

// What exponents.wgsl needs of each element: key() is the order of its logit, term() its exponential, the largest apart.
fn key(e: Element) -> u32 {
  return order(e.x);
}

fn term(e: Element, index: u32, top: u32) -> Gathered {
  let is_top = order(e.x) == top;
  return Gathered(select(0u, 1u, is_top), select(scaled_exponential(e.x, of_order(top)), 0.0, is_top), 0.0);
}


// What exponents.wgsl needs of each element: key() is the order of its logit, term() its exponential, the largest apart.
fn key(e: Element) -> i32 {
  return rank(e.x);
}

fn term(e: Element, index: u32, top: i32) -> Gathered {
  let is_top = rank(e.x) == top;
  return Gathered(select(0u, 1u, is_top), select(scaled_exponential(e.x, of_rank(top)), 0.0, is_top), 0.0);
}


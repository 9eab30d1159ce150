// What maxima.wgsl needs of each element: key() is its order, term() its index if it equals the largest.
fn key(i: u32) -> i32 {
  return rank(logit(i));
}

fn term(i: u32, index: u32, top: i32) -> Gathered {
  return Gathered(select(0xffffffffu, index, rank(logit(i)) == top));
}

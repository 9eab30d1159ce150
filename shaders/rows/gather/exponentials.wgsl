// What exponents.wgsl needs of each element: key() is the order of its logit, term() its exponential, the largest apart.
fn key(i: u32) -> i32 {
  return rank(logit(i));
}

fn term(i: u32, index: u32, top: i32) -> Gathered {
  let x = logit(i);
  let is_top = rank(x) == top;
  return Gathered(select(0u, 1u, is_top), select(scaled_exponential(x, of_rank(top)), 0.0, is_top), 0.0);
}

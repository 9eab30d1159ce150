fn key(i: u32) -> i32 {
  return order(logit(i));
}

fn term(i: u32, index: u32, top: i32) -> Gathered {
  let x = logit(i);
  if (order(x) == top) {
    return Gathered(1u, 0.0, 0.0);
  }
  return Gathered(0u, scaled_exponential(x, in_order(top)), 0.0);
}

// Most reductions have this in common. They need no largest key, but the terms of all elements.
const NEEDS_TOP = false;
const NEEDS_TERMS = true;

// A function may read one value of its row besides the elements. Most read none.
fn of_row(row: u32) -> f32 {
  return 0.0;
}

fn key(e: Element) -> u32 {
  return LOWEST;
}

// As merge(), for few accumulators, which are merged in pairs.
fn merge_few(a: Accumulator, b: Accumulator) -> Accumulator {
  return merge(a, b);
}

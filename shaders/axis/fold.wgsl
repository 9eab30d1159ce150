// Gives the statistics of a row, or of a block of one. Several threads may share a row: each takes
// every step-th element. The order is fixed, so that each run gives the same bits. Needs element(),
// key(), term() and an accumulator.

fn top_of(p: Place, thread: u32, step: u32) -> u32 {
  var top = LOWEST;
  if (NEEDS_TOP) {
    for (var k = thread; k < p.count; k += step) {
      top = max(top, key(element(p.first + k * uniforms.stride)));
    }
  }
  return top;
}

fn accumulated(p: Place, thread: u32, step: u32, top: u32) -> Accumulator {
  var all = empty();
  if (NEEDS_TERMS) {
    for (var k = thread; k < p.count; k += step) {
      all = merge(all, term(element(p.first + k * uniforms.stride), p.start + k, top));
    }
  }
  return all;
}

// For a thread that has the row to itself.
fn stats_of(p: Place) -> vec2<u32> {
  let top = top_of(p, 0u, 1u);
  return row_stats(top, accumulated(p, 0u, 1u, top));
}

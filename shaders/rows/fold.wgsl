// What is gathered over a row, in a fixed order: the same bits on each run. First the highest key, if the function needs it,
// then what term() says of each element, added up by merge(). Several threads share a row: each takes every step-th element.
fn top_of(p: Place, thread: u32, step: u32) -> u32 {
  var top = LOWEST;
  if (NEEDS_TOP) {
    for (var k = thread; k < p.count; k += step) {
      top = max(top, key(element(p.first + k * call.inner)));
    }
  }
  return top;
}

fn gathered(p: Place, thread: u32, step: u32, top: u32) -> Gathered {
  var all = nothing();
  if (NEEDS_TERMS) {
    for (var k = thread; k < p.count; k += step) {
      all = merge(all, term(element(p.first + k * call.inner), p.start + k, top));
    }
  }
  return all;
}

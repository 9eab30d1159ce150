// Gives finish(): the results of a row, from one or several threads. Needs result() and
// store_one().
fn finish(p: Place, thread: u32, step: u32, stats: vec2<u32>) {
  let top = order(bitcast<f32>(stats.x));
  for (var k = thread; k < p.count; k += step) {
    store_one(p.first + k * uniforms.stride, result_of(p, k, top, stats));
  }
}

// The result of the k-th element. `top` is the largest key of the row.
fn result_of(p: Place, k: u32, top: u32, stats: vec2<u32>) -> f32 {
  let e = element(p.first + k * uniforms.stride);
  let index = p.start + k;
  return result(e, term(e, index, top), index, p.row, stats);
}

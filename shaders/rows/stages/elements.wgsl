// The results of a row.
fn finish(p: Place, thread: u32, step: u32, known: vec2<u32>) {
  let top = order(bitcast<f32>(known.x));
  for (var k = thread; k < p.count; k += step) {
    store_one(p.first + k * call.inner, result_of(p, k, top, known));
  }
}

// The results of a row, once all is known of it.
fn finish(p: Place, thread: u32, step: u32, known: vec2<u32>) {
  let top = rank(bitcast<f32>(known.x));
  for (var k = thread; k < p.count; k += step) {
    let i = p.first + k * call.inner;
    let e = element(i);
    let index = p.start + k;
    output_values[call.output + i] = result(e, term(e, index, top), index, p.row, known);
  }
}

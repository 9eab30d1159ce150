// The results of a row, once all is known of it.
fn finish(p: Place, thread: u32, step: u32, known: vec2<u32>) {
  for (var k = thread; k < p.count; k += step) {
    let i = p.first + k * call.inner;
    output_values[call.output + i] = result(i, p.start + k, p.row, known);
  }
}

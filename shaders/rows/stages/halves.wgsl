// The results of a row, which one thread has: of neighbours it writes whole words.
fn finish(p: Place, thread: u32, step: u32, known: vec2<u32>) {
  let top = order(bitcast<f32>(known.x));
  let are_neighbours = call.inner == 1u;
  var lower = 0u;
  for (var k = 0u; k < p.count; k++) {
    let at = call.output + p.first + k * call.inner;
    let bits = output_bits(result_of(p, k, top, known));
    if (are_neighbours && at % 2u == 0u && k + 1u < p.count) {
      lower = bits;
    } else if (are_neighbours && at % 2u == 1u && k > 0u) {
      store_two(at - 1u, lower, bits);
    } else {
      store_half(at, bits);
    }
  }
}

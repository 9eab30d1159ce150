// Gives finish(): the 16-bit results of a row that one thread has. It writes neighbours as whole
// words. Needs result_of().
fn finish(p: Place, thread: u32, step: u32, stats: vec2<u32>) {
  let top = order(bitcast<f32>(stats.x));
  let are_neighbours = uniforms.stride == 1u;
  var lower = 0u;
  for (var k = 0u; k < p.count; k++) {
    let at = output_offset() + p.first + k * uniforms.stride;
    let bits = output_bits(result_of(p, k, top, stats));
    if (are_neighbours && at % 2u == 0u && k + 1u < p.count) {
      lower = bits;
    } else if (are_neighbours && at % 2u == 1u && k > 0u) {
      store_two(at - 1u, lower, bits);
    } else {
      store_half(at, bits);
    }
  }
}

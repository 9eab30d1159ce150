// The 16-bit results of two columns, of which two threads have one each, and which begin with a word: words are of both. One thread
// takes those at even places along the axis, the other one those at odd places.
fn finish_two(p: Place, parity: u32, first: vec2<u32>, second: vec2<u32>) {
  let next = Place(p.index + 1u, p.row + 1u, p.first + 1u, p.start, p.count);
  let tops = vec2<u32>(order(bitcast<f32>(first.x)), order(bitcast<f32>(second.x)));
  for (var k = parity; k < p.count; k += 2u) {
    let lower = output_bits(result_of(p, k, tops.x, first));
    let upper = output_bits(result_of(next, k, tops.y, second));
    store_two(call.output + p.first + k * call.inner, lower, upper);
  }
}

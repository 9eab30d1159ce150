// One thread a column, or a block of one, for 16-bit results: a word holds results of two columns.
// The threads of two columns find the statistics of one each; then one thread takes the places with
// an even index along the axis, the other the odd ones. Both threads have work or none. Needs
// stats_of() and result_of().
var<workgroup> stats_of_columns: array<vec2<u32>, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn column_pairs(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = dispatch_index(id);
  stats_of_columns[thread] = stats_of(place(min(index, uniforms.count - 1u)));
  workgroupBarrier();
  if (index < uniforms.count) {
    let left = thread / 2u * 2u;
    finish_pair(place(index / 2u * 2u), index % 2u, stats_of_columns[left], stats_of_columns[left + 1u]);
  }
}

fn finish_pair(p: Place, parity: u32, left: vec2<u32>, right: vec2<u32>) {
  let next = Place(p.index + 1u, p.row + 1u, p.first + 1u, p.start, p.count);
  let tops = vec2<u32>(order(bitcast<f32>(left.x)), order(bitcast<f32>(right.x)));
  for (var k = parity; k < p.count; k += 2u) {
    let lower = output_bits(result_of(p, k, tops.x, left));
    let upper = output_bits(result_of(next, k, tops.y, right));
    store_two(output_offset() + p.first + k * uniforms.stride, lower, upper);
  }
}

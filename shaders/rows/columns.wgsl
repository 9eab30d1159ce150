// One thread a column, or a block of one, until all is known of it. Of a word's columns both threads are in the dispatch, or none.
var<workgroup> known_of_columns: array<vec2<u32>, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn columns(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = position(id);
  let own = place(min(index, call.count - 1u));
  let top = top_of(own, 0u, 1u);
  known_of_columns[thread] = statistic(top, gathered(own, 0u, 1u, top));
  workgroupBarrier();
  if (index < call.count) {
    let first = thread / 2u * 2u;
    finish_two(place(index / 2u * 2u), index % 2u, known_of_columns[first], known_of_columns[first + 1u]);
  }
}

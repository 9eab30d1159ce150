// One workgroup a row of any length: for the statistics of many blocks. Each thread takes every
// TEAM-th one. The order is fixed, so that each run gives the same bits. Needs element(), key(),
// term(), an accumulator and finish().
@compute @workgroup_size(TEAM)
fn row_per_workgroup(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = dispatch_index(id);
  if (index >= uniforms.count) {
    return;
  }
  let p = place(index);
  let top = top_of_workgroup(thread, top_of(p, thread));
  let stats = row_stats(top, merged_by_workgroup(thread, accumulated(p, thread, top)));
  if (thread == 0u) {
    finish(p, stats);
  }
}

fn top_of(p: Place, thread: u32) -> u32 {
  var top = LOWEST;
  if (NEEDS_TOP) {
    for (var k = thread; k < p.count; k += TEAM) {
      top = max(top, key(element(p.first + k * uniforms.stride)));
    }
  }
  return top;
}

fn accumulated(p: Place, thread: u32, top: u32) -> Accumulator {
  var all = empty();
  for (var k = thread; k < p.count; k += TEAM) {
    all = merge(all, term(element(p.first + k * uniforms.stride), p.start + k, top));
  }
  return all;
}

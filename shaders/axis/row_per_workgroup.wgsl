// One workgroup a row of any length. Needs fold.wgsl, workgroup_merge.wgsl and finish().
@compute @workgroup_size(TEAM)
fn row_per_workgroup(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = dispatch_index(id);
  if (index >= uniforms.count) {
    return;
  }
  let p = place(index);
  let top = top_of_workgroup(thread, top_of(p, thread, TEAM));
  finish(p, thread, TEAM, row_stats(top, merged_by_workgroup(thread, accumulated(p, thread, TEAM, top))));
}

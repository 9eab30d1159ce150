// One workgroup a row, of any length.
@compute @workgroup_size(TEAM)
fn workgroups(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = position(id);
  if (index >= call.count) {
    return;
  }
  let p = place(index);
  let top = top_of_team(thread, top_of(p, thread, TEAM));
  let all = gathered_by_team(thread, gathered(p, thread, TEAM, top));
  finish(p, thread, TEAM, statistic(top, all));
}

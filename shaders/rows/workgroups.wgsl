// One workgroup a row, or a block of one. A row of up to some ten thousand elements stays in the cache between the phases.
var<workgroup> tops: array<i32, TEAM>;
var<workgroup> parts: array<Gathered, TEAM>;

// What a workgroup has found is put together in two steps, by as many threads as there are parts for each, and then by every
// thread for itself: a barrier costs more than what it saves.
const SHARE = 8u;

@compute @workgroup_size(TEAM)
fn workgroups(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = position(id);
  if (index >= call.count) {
    return;
  }
  let p = place(index);
  var top = LOWEST;
  if (NEEDS_TOP) {
    tops[thread] = top_of(p, thread, TEAM);
    workgroupBarrier();
    if (thread < SHARE) {
      for (var k = thread + SHARE; k < TEAM; k += SHARE) {
        tops[thread] = max(tops[thread], tops[k]);
      }
    }
    workgroupBarrier();
    for (var k = 0u; k < SHARE; k += 1u) {
      top = max(top, tops[k]);
    }
  }
  var all = nothing();
  if (NEEDS_TERMS) {
    parts[thread] = gathered(p, thread, TEAM, top);
    workgroupBarrier();
    if (thread < SHARE) {
      for (var k = thread + SHARE; k < TEAM; k += SHARE) {
        parts[thread] = merge(parts[thread], parts[k]);
      }
    }
    workgroupBarrier();
    for (var k = 0u; k < SHARE; k += 1u) {
      all = merge(all, parts[k]);
    }
  }
  finish(p, thread, TEAM, statistic(top, all));
}

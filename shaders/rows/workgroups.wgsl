// One workgroup a row, or a block of one. A row of up to some ten thousand elements stays in the cache between the phases.
var<workgroup> tops: array<i32, WORKGROUP>;
var<workgroup> parts: array<Gathered, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn workgroups(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = position(id);
  if (index >= call.count) {
    return;
  }
  let p = place(index);
  if (NEEDS_TOP) {
    tops[thread] = top_of(p, thread, WORKGROUP);
    for (var width = WORKGROUP / 2u; width > 0u; width /= 2u) {
      workgroupBarrier();
      if (thread < width) {
        tops[thread] = max(tops[thread], tops[thread + width]);
      }
    }
    workgroupBarrier();
  }
  let top = select(LOWEST, tops[0], NEEDS_TOP);
  if (NEEDS_TERMS) {
    parts[thread] = gathered(p, thread, WORKGROUP, top);
    for (var width = WORKGROUP / 2u; width > 0u; width /= 2u) {
      workgroupBarrier();
      if (thread < width) {
        parts[thread] = merge(parts[thread], parts[thread + width]);
      }
    }
    workgroupBarrier();
  }
  finish(p, thread, WORKGROUP, statistic(top, parts[0]));
}

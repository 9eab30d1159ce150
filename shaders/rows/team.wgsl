// What the threads of a workgroup know together. It is put together in two steps, by as many threads as there are parts for
// each, and then by every thread for itself: a barrier costs more than what it saves.
var<workgroup> tops: array<i32, TEAM>;
var<workgroup> parts: array<Gathered, TEAM>;

const SHARE = 8u;

fn top_of_team(thread: u32, own: i32) -> i32 {
  if (!NEEDS_TOP) {
    return LOWEST;
  }
  tops[thread] = own;
  workgroupBarrier();
  if (thread < SHARE) {
    for (var k = thread + SHARE; k < TEAM; k += SHARE) {
      tops[thread] = max(tops[thread], tops[k]);
    }
  }
  workgroupBarrier();
  var top = LOWEST;
  for (var k = 0u; k < SHARE; k += 1u) {
    top = max(top, tops[k]);
  }
  return top;
}

fn gathered_by_team(thread: u32, own: Gathered) -> Gathered {
  if (!NEEDS_TERMS) {
    return nothing();
  }
  parts[thread] = own;
  workgroupBarrier();
  if (thread < SHARE) {
    for (var k = thread + SHARE; k < TEAM; k += SHARE) {
      parts[thread] = merge(parts[thread], parts[k]);
    }
  }
  workgroupBarrier();
  var all = nothing();
  for (var k = 0u; k < SHARE; k += 1u) {
    all = merge(all, parts[k]);
  }
  return all;
}

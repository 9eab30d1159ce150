// What the threads of a workgroup know together. It is put together in two steps, by eight threads, and then by every thread for
// itself: a barrier costs more than what it saves.
var<workgroup> tops: array<u32, TEAM>;
var<workgroup> parts: array<Gathered, TEAM>;

// Named one by one below, which is cheaper than a loop.
const SHARE = 8u;

fn top_of_team(thread: u32, own: u32) -> u32 {
  if (!NEEDS_TOP) {
    return LOWEST;
  }
  tops[thread] = own;
  workgroupBarrier();
  if (thread < SHARE) {
    var top = own;
    for (var k = thread + SHARE; k < TEAM; k += SHARE) {
      top = max(top, tops[k]);
    }
    tops[thread] = top;
  }
  workgroupBarrier();
  return max(max(max(tops[0], tops[1]), max(tops[2], tops[3])), max(max(tops[4], tops[5]), max(tops[6], tops[7])));
}

fn gathered_by_team(thread: u32, own: Gathered) -> Gathered {
  if (!NEEDS_TERMS) {
    return nothing();
  }
  parts[thread] = own;
  workgroupBarrier();
  if (thread < SHARE) {
    var all = own;
    for (var k = thread + SHARE; k < TEAM; k += SHARE) {
      all = merge(all, parts[k]);
    }
    parts[thread] = all;
  }
  workgroupBarrier();
  let first = merge_few(merge_few(parts[0], parts[1]), merge_few(parts[2], parts[3]));
  return merge_few(first, merge_few(merge_few(parts[4], parts[5]), merge_few(parts[6], parts[7])));
}

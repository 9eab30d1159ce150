// Gives what all threads of a workgroup have found together: first eight threads merge the others'
// values, then every thread merges those eight. A barrier costs more than what fewer merges would
// save. Needs an accumulator.
var<workgroup> tops: array<u32, TEAM>;
var<workgroup> accumulators: array<Accumulator, TEAM>;

// The first threads, which the functions below name one by one: that is cheaper than a loop.
const MERGING_THREADS = 8u;

fn top_of_workgroup(thread: u32, own: u32) -> u32 {
  if (!NEEDS_TOP) {
    return LOWEST;
  }
  tops[thread] = own;
  workgroupBarrier();
  if (thread < MERGING_THREADS) {
    var top = own;
    for (var k = thread + MERGING_THREADS; k < TEAM; k += MERGING_THREADS) {
      top = max(top, tops[k]);
    }
    tops[thread] = top;
  }
  workgroupBarrier();
  return max(max(max(tops[0], tops[1]), max(tops[2], tops[3])), max(max(tops[4], tops[5]), max(tops[6], tops[7])));
}

fn merged_by_workgroup(thread: u32, own: Accumulator) -> Accumulator {
  if (!NEEDS_TERMS) {
    return empty();
  }
  accumulators[thread] = own;
  workgroupBarrier();
  if (thread < MERGING_THREADS) {
    var all = own;
    for (var k = thread + MERGING_THREADS; k < TEAM; k += MERGING_THREADS) {
      all = merge(all, accumulators[k]);
    }
    accumulators[thread] = all;
  }
  workgroupBarrier();
  let first = merge_few(merge_few(accumulators[0], accumulators[1]), merge_few(accumulators[2], accumulators[3]));
  return merge_few(first, merge_few(merge_few(accumulators[4], accumulators[5]), merge_few(accumulators[6], accumulators[7])));
}

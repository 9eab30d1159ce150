// The search for the threshold of a row that no binding takes: a dispatch has a span of the row, and
// what has been found so far is kept between them. One pass over all spans finds the largest
// element, each further one takes a step, and the last one computes the results. One workgroup a
// row. Needs threshold.wgsl, threshold_of_workgroup.wgsl and row_in_memory.wgsl.
struct SearchedRow { top: u32, sum: Accumulator, search: Search }

const PHASE_LARGEST = 0u;
const PHASE_STEP = 1u;

@compute @workgroup_size(TEAM)
fn row_in_spans(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = dispatch_index(id);
  if (index >= uniforms.count) {
    return;
  }
  let p = place(index);
  let at = searched_rows_offset() + p.row;
  let row = searched_rows[at];
  let own_row = of_row(p, 0u);
  if (uniforms.gate == PHASE_LARGEST) {
    let top = top_of_workgroup(thread, top_in_memory(p, thread, own_row));
    if (thread == 0u) {
      let before = select(row.top, LOWEST, p.start == 0u);
      searched_rows[at] = SearchedRow(max(before, top), empty(), first_search());
    }
  } else if (uniforms.gate == PHASE_STEP) {
    // Few steps are needed, but as many are recorded as any row could take.
    if (is_found_by_workgroup(thread, row.search)) {
      return;
    }
    let own = above_in_row(p, thread, row.top, own_row, row.search);
    let sum = merge(row.sum, merged_by_workgroup(thread, own));
    if (thread == 0u) {
      let is_last_span = p.start + p.count == uniforms.length;
      searched_rows[at].sum = sum;
      if (is_last_span) {
        searched_rows[at].search = improved(row.search, sum);
        searched_rows[at].sum = empty();
      }
    }
  } else {
    store_results(p, thread, row.top, own_row, found_stats(row.top, row.search));
  }
}

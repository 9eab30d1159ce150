// One workgroup a row that no registers hold and that cannot be cut into blocks. Each thread takes
// every TEAM-th element, and reads it again for each step. The order is fixed, so that each run gives
// the same bits. Needs element(), key(), term(), stats_of_row() and result().
@compute @workgroup_size(TEAM)
fn row_in_memory(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = dispatch_index(id);
  if (index >= uniforms.count) {
    return;
  }
  let p = place(index);
  let own_row = of_row(p, 0u);
  let top = top_of_workgroup(thread, top_in_memory(p, thread, own_row));
  store_results(p, thread, top, own_row, stats_of_row(p, thread, top, own_row));
}

fn element_at(p: Place, k: u32, own_row: OfRow) -> Element {
  return counted(element(p.first + k * uniforms.stride), p.start + k, own_row);
}

fn top_in_memory(p: Place, thread: u32, own_row: OfRow) -> u32 {
  var top = LOWEST;
  for (var k = thread; k < p.count; k += TEAM) {
    top = max(top, key(element_at(p, k, own_row)));
  }
  return top;
}

fn store_results(p: Place, thread: u32, top: u32, own_row: OfRow, stats: Stats) {
  for (var k = thread; k < p.count; k += TEAM) {
    let e = element_at(p, k, own_row);
    let index = p.start + k;
    let at = p.first + k * uniforms.stride;
    let y = result(e, term(e, index, top), index, own_row, stats);
    store_output(at, output_of(e, y));
    store_one_beside(at, e, y);
  }
}

// Stores a second result of an element. Most functions have none.
fn store_one_beside(i: u32, e: Element, y: f32) {
}

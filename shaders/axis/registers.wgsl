// One workgroup a row, or a block of one, that its threads hold in registers, sixteen elements
// each. So it is read once, and no loop is needed, which software drivers are slow at. A thread
// holds four times four neighbours; its first four follow those of the thread before. Needs
// four_at(), an accumulator, and finish_registers().
struct Registers { a: Element_vec4, b: Element_vec4, c: Element_vec4, d: Element_vec4 }
struct RegisterTerms { a: Accumulator_vec4, b: Accumulator_vec4, c: Accumulator_vec4, d: Accumulator_vec4 }

// The index in the block of a thread's first neighbour of each four.
fn index_of_four(thread: u32, four: u32) -> u32 {
  return 4u * (four * TEAM + thread);
}

@compute @workgroup_size(TEAM)
fn registers(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = dispatch_index(id);
  // The last row of the dispatch may have a workgroup too many. It counts nothing and stores
  // nothing, without a branch: behind a branch, software drivers execute lane by lane.
  let p = place(min(index, uniforms.count - 1u));
  let own = Place(p.index, p.row, p.first, p.start, select(0u, p.count, index < uniforms.count));
  let own_row = of_row(p, 0u);
  let k = vec4<u32>(index_of_four(thread, 0u), index_of_four(thread, 1u), index_of_four(thread, 2u), index_of_four(thread, 3u));
  let e = Registers(four(p, k.x, own_row), four(p, k.y, own_row), four(p, k.z, own_row), four(p, k.w, own_row));
  let top = top_of_registers(p, thread, e, own_row);
  let t = RegisterTerms(
    terms_of_four(e.a, own, k.x, top, own_row), terms_of_four(e.b, own, k.y, top, own_row),
    terms_of_four(e.c, own, k.z, top, own_row), terms_of_four(e.d, own, k.w, top, own_row),
  );
  finish_registers(own, thread, k, e, t, own_row, stats_of_registers(p, thread, t, top, own_row));
}

fn four(p: Place, k: u32, own_row: OfRow) -> Element_vec4 {
  let e = four_at(p, nearest_counted(p, k, own_row));
  return counted_vec4(e, p.start + neighbours(k), of_row_in_all_lanes(own_row));
}

// True where the block has the element. A block that fills its workgroup has them all.
fn is_within(p: Place, k: vec4<u32>) -> vec4<bool> {
  return vec4<bool>(FILLS_WORKGROUP) | (k < vec4<u32>(p.count));
}

fn terms_of_four(e: Element_vec4, p: Place, k: u32, top: u32, own_row: OfRow) -> Accumulator_vec4 {
  if (HAS_WINDOW && !counts_any(p.start + k, own_row)) {
    return empty_vec4();
  }
  let at = neighbours(k);
  return counted_if_vec4(term_vec4(e, p.start + at, vec4<u32>(top)), is_within(p, at));
}

fn top_of_registers(p: Place, thread: u32, e: Registers, own_row: OfRow) -> u32 {
  let own = max(max(key_vec4(e.a), key_vec4(e.b)), max(key_vec4(e.c), key_vec4(e.d)));
  return row_top(top_of_workgroup(thread, largest_lane(own)), own_row);
}

fn stats_of_registers(p: Place, thread: u32, t: RegisterTerms, top: u32, own_row: OfRow) -> Stats {
  let own = merge_few_vec4(merge_few_vec4(t.a, t.b), merge_few_vec4(t.c, t.d));
  return row_stats(top, row_total(merged_by_workgroup(thread, merged_lanes(own)), top, own_row));
}

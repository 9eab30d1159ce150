// The search for a threshold by a workgroup: stats_of_registers() and stats_of_row() with as many
// steps as it takes. All threads find the same; the first one's word decides for all, so that
// barriers stand in uniform control flow. Needs threshold.wgsl, workgroup_merge.wgsl and, for rows in
// memory, element_at().
var<workgroup> is_found: u32;

fn is_found_by_workgroup(thread: u32, search: Search) -> bool {
  if (thread == 0u) {
    is_found = search.is_found;
  }
  return workgroupUniformLoad(&is_found) == 1u;
}

fn above_four(own: Accumulator_vec4, search: Search) -> Accumulator_vec4 {
  return above_vec4(own, vec4<f32>(search.hi), vec4<f32>(search.lo));
}

fn stats_of_registers(p: Place, thread: u32, t: RegisterTerms, top: u32, own_row: OfRow) -> Stats {
  var search = first_search();
  for (var step_index = 0u; step_index < MOST_STEPS; step_index += 1u) {
    let first = merge_vec4(above_four(t.a, search), above_four(t.b, search));
    let all = merge_vec4(first, merge_vec4(above_four(t.c, search), above_four(t.d, search)));
    search = improved(search, merged_by_workgroup(thread, merged_lanes(all)));
    if (is_found_by_workgroup(thread, search)) {
      break;
    }
  }
  return found_stats(top, search);
}

fn above_in_row(p: Place, thread: u32, top: u32, own_row: OfRow, search: Search) -> Accumulator {
  var all = empty();
  for (var k = thread; k < p.count; k += TEAM) {
    let own = term(element_at(p, k, own_row), p.start + k, top);
    all = merge(all, above(own, search.hi, search.lo));
  }
  return all;
}

// Every step reads the row again.
fn stats_of_row(p: Place, thread: u32, top: u32, own_row: OfRow) -> Stats {
  var search = first_search();
  for (var step_index = 0u; step_index < MOST_STEPS; step_index += 1u) {
    let all = merged_by_workgroup(thread, above_in_row(p, thread, top, own_row, search));
    search = improved(search, all);
    if (is_found_by_workgroup(thread, search)) {
      break;
    }
  }
  return found_stats(top, search);
}

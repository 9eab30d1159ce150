// Gives finish_registers(): a result for each element. Needs result() and store_output_four().
fn store_four(p: Place, k: u32, e: Element_vec4, t: Accumulator_vec4, own_row: OfRow, stats: Stats) {
  let y = result_vec4(e, t, p.start + neighbours(k), of_row_in_all_lanes(own_row), in_all_lanes(stats));
  store_output_four(p, k, output_of_vec4(e, y));
  store_beside(p, k, e, y);
}

fn finish_registers(p: Place, thread: u32, k: vec4<u32>, e: Registers, t: RegisterTerms, own_row: OfRow, stats: Stats) {
  store_four(p, k.x, e.a, t.a, own_row, stats);
  store_four(p, k.y, e.b, t.b, own_row, stats);
  store_four(p, k.z, e.c, t.c, own_row, stats);
  store_four(p, k.w, e.d, t.d, own_row, stats);
  if (thread == 0u && p.count > 0u) {
    store_of_row(p, own_row, stats);
  }
}

// Stores a second result of four elements. Most functions have none.
fn store_beside(p: Place, k: u32, e: Element_vec4, y: vec4<f32>) {
}

// Gives finish_registers(): a result for each element. Needs result() and store().
fn store_four(p: Place, k: u32, e: Element_vec4, t: Accumulator_vec4, stats: Stats) {
  let own_row = vec4<f32>(of_row(p.row));
  store(p, k, result_vec4(e, t, p.start + neighbours(k), own_row, in_all_lanes(stats)));
}

fn finish_registers(p: Place, thread: u32, k: vec4<u32>, e: Registers, t: RegisterTerms, stats: Stats) {
  store_four(p, k.x, e.a, t.a, stats);
  store_four(p, k.y, e.b, t.b, stats);
  store_four(p, k.z, e.c, t.c, stats);
  store_four(p, k.w, e.d, t.d, stats);
}

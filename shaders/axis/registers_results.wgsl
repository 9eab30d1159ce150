// Gives finish_registers(): a result for each element. Needs result() and store().
fn store_four(p: Place, k: u32, e: Four, t: FourTerms, stats: vec2<u32>) {
  let index = p.start + k;
  store(p, k, vec4<f32>(
    result(e.a, t.a, index, p.row, stats),
    result(e.b, t.b, index + 1u, p.row, stats),
    result(e.c, t.c, index + 2u, p.row, stats),
    result(e.d, t.d, index + 3u, p.row, stats),
  ));
}

fn finish_registers(p: Place, thread: u32, k: vec4<u32>, e: Registers, t: RegisterTerms, stats: vec2<u32>) {
  store_four(p, k.x, e.a, t.a, stats);
  store_four(p, k.y, e.b, t.b, stats);
  store_four(p, k.z, e.c, t.c, stats);
  store_four(p, k.w, e.d, t.d, stats);
}

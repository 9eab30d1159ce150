// Rows whose statistics an earlier dispatch has found. They take the place of those that a mapping
// would find itself.
fn stats_of(p: Place) -> vec2<u32> {
  return stats[stats_offset() + p.row];
}

fn top_of_registers(p: Place, thread: u32, e: Registers) -> u32 {
  return order(bitcast<f32>(stats_of(p).x));
}

fn stats_of_registers(p: Place, thread: u32, t: RegisterTerms, top: u32) -> vec2<u32> {
  return stats_of(p);
}

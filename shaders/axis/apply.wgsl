// Rows whose statistics an earlier dispatch has found. They take the place of those that a workgroup
// would find itself.
fn top_of_registers(p: Place, thread: u32, e: Registers) -> u32 {
  return order(bitcast<f32>(stats_of(p.row).first));
}

fn stats_of_registers(p: Place, thread: u32, t: RegisterTerms, top: u32) -> Stats {
  return stats_of(p.row);
}

fn stats_of(row: u32) -> Stats {
  return stats[stats_offset() + row];
}

// Rows whose statistics an earlier dispatch has found. They take the place of those that a workgroup
// would find itself.
fn top_of_registers(p: Place, thread: u32, e: Registers, own_row: OfRow) -> u32 {
  return order(bitcast<f32>(stats_of(p.row, own_row).first));
}

fn stats_of_registers(p: Place, thread: u32, t: RegisterTerms, top: u32, own_row: OfRow) -> Stats {
  return stats_of(p.row, own_row);
}

fn stats_of(row: u32, own_row: OfRow) -> Stats {
  return row_statistics(stats[stats_offset() + row], own_row);
}

fn stats_of_columns(row: u32, own_row: OfRow_vec4) -> Stats_vec4 {
  let at = stats_offset() + row;
  return row_statistics_vec4(joined_stats(stats[at], stats[at + 1u], stats[at + 2u], stats[at + 3u]), own_row);
}

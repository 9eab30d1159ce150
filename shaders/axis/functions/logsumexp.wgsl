// Gives reduced(); needs exponential_sum.wgsl.
fn reduced(own_row: OfRow, stats: Stats) -> f32 {
  return log_sum(stats);
}

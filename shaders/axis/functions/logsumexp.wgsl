// Gives reduced(); needs exponential_sum.wgsl.
fn reduced(stats: Stats) -> f32 {
  return log_sum(stats);
}

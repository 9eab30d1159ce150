// Gives reduced(); needs largest.wgsl.

// The largest element.
fn reduced(own_row: OfRow, stats: Stats) -> f32 {
  return bitcast<f32>(stats.first);
}

// Gives reduced(); needs largest.wgsl.

// The largest element.
fn reduced(stats: Stats) -> f32 {
  return bitcast<f32>(stats.first);
}

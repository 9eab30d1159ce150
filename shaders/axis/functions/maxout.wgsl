// Gives reduced(); needs largest.wgsl.

// The largest element.
fn reduced(stats: vec2<u32>) -> f32 {
  return bitcast<f32>(stats.x);
}

// The largest.
fn reduced(known: vec2<u32>) -> f32 {
  return bitcast<f32>(known.x);
}

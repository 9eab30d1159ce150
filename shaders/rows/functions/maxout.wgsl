// reduced() of a row; `known` is what gather/maxima.wgsl has of it: the largest, and the first index of it.

// The largest.
fn reduced(known: vec2<u32>) -> f32 {
  return bitcast<f32>(known.x);
}

// reduced() of a row; `known` is what gather/exponents.wgsl has of it: the largest logit, and R.

// largest + log(1 + R).
fn reduced(known: vec2<u32>) -> f32 {
  let top = bitcast<f32>(known.x);
  return select(top, top + log1p(others(known)), is_finite(top));
}

// Gives reduced(); needs exponential_sum.wgsl.

// largest + log(1 + R).
fn reduced(stats: vec2<u32>) -> f32 {
  let top = bitcast<f32>(stats.x);
  return select(top, top + log1p(sum_of_others(stats)), is_finite(top));
}

// Gives reduced(); needs exponential_sum.wgsl.

// largest + log(1 + R).
fn reduced(stats: Stats) -> f32 {
  let top = bitcast<f32>(stats.first);
  return select(top, top + log1p(sum_of_others(stats)), is_finite(top));
}

// Gives result_of(); needs exponential_sum.wgsl.

// e^((x - largest) / temperature) / (1 + R). `own` has the exponential already, with a factor of
// 2^24, or counts 1 for the largest element.
fn result_of(x: f32, own: Accumulator, stats: Stats) -> f32 {
  // A row of nothing but -Inf is 0 / 0, and one with +Inf is Inf / Inf.
  let is_empty = (u32(uniforms.empty_is_zero) == 1u) & (stats.first == MINUS_INFINITY_BITS);
  let inverse = reciprocal(sum_of_others(stats) + 1.0);
  let scale = select(select(not_a_number(), 0.0, is_empty), inverse, is_finite(bitcast<f32>(stats.first)));
  return opt_barrier(select(own.hi, TWO_POW_24, own.count == 1u) * scale, f32(uniforms.zero)) * TWO_POW_MINUS_24;
}

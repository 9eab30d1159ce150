// Gives result_of(); needs exponential_sum.wgsl.

// (x - largest) / temperature - log(1 + R). No term cancels another.
fn result_of(x: f32, own: Accumulator, stats: Stats) -> f32 {
  let top = bitcast<f32>(stats.first);
  let z = argument(x, top);
  // A row of nothing but -Inf is -Inf - -Inf, and one with +Inf is Inf - Inf. The logarithm of 0 is
  // -Inf.
  let is_empty = (u32(uniforms.empty_is_zero) == 1u) & (stats.first == MINUS_INFINITY_BITS);
  let is_number = is_finite(top) | is_empty;
  let logarithm = select(not_a_number(), log1p(sum_of_others(stats)), is_number);
  return select(z.hi + (z.lo - logarithm), x, (bitcast<u32>(x) == MINUS_INFINITY_BITS) & is_number);
}

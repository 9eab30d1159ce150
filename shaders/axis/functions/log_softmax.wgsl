// Gives result(); needs exponential_sum.wgsl.

// (x - largest) / temperature - log(1 + R). No term cancels another.
fn result(e: Element, own: Accumulator, index: u32, row: u32, stats: vec2<u32>) -> f32 {
  let top = bitcast<f32>(stats.x);
  let x = e.x;
  let z = argument(x, top);
  // A row of nothing but -Inf is -Inf - -Inf, and one with +Inf is Inf - Inf. The logarithm of 0 is
  // -Inf.
  let is_empty = uniforms.empty_is_zero == 1u && stats.x == MINUS_INFINITY_BITS;
  let is_number = is_finite(top) || is_empty;
  let logarithm = select(not_a_number(), log1p(sum_of_others(stats)), is_number);
  return select(z.hi + (z.lo - logarithm), x, bitcast<u32>(x) == MINUS_INFINITY_BITS && is_number);
}

// e^((x - largest) / temperature) / (1 + R). `own` has the exponential already, with a factor of
// 2^24, or counts 1 for the largest element.
fn result(e: Element, own: Accumulator, index: u32, row: u32, stats: vec2<u32>) -> f32 {
  // A row of nothing but -Inf is 0 / 0, and one with +Inf is Inf / Inf.
  let is_empty = uniforms.empty_is_zero == 1u && stats.x == 0xff800000u;
  let inverse = reciprocal(sum_of_others(stats) + 1.0);
  let scale = select(select(not_a_number(), 0.0, is_empty), inverse, is_finite(bitcast<f32>(stats.x)));
  return hold(select(own.hi, 16777216.0, own.count == 1u) * scale) * 5.9604645e-8;
}

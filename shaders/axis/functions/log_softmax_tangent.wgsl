// Gives result(); needs log_softmax_tangent_sum.wgsl.

// e^y (tangent - sum(e^y tangent)) / temperature: the first step of double backward.
fn result(e: Element, own: Accumulator, index: u32, row: u32, stats: vec2<u32>) -> f32 {
  return select(not_a_number(), exponential(e.y) * difference(e.grad_output, stats) * uniforms.rate.z, is_finite(bitcast<f32>(stats.x)));
}

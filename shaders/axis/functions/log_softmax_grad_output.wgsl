// Gives result(); needs log_softmax_tangent_sum.wgsl.

// (tangent - sum(e^y tangent)) / temperature: the gradient of the backward pass with respect to
// grad_output.
fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  return select(not_a_number(), difference(e.grad_output, stats) * uniforms.rate.z, is_finite(bitcast<f32>(stats.first)));
}

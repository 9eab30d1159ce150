// Gives term() and result(); needs gradient_sum.wgsl.

// -sum(grad_output) t / temperature. It takes the place of t = e^y (tangent - sum(e^y tangent)) /
// temperature.
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  return finite_term(is_finite(e.grad_output), e.grad_output, 0.0);
}

fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  let sum = bitcast<f32>(stats.first);
  return select(not_a_number(), -sum * e.t * uniforms.rate.z, is_finite(sum));
}

// Gives term(), result() and sink_gradient(); needs gradient_sum.wgsl.

// (grad_output - e^y sum(grad_output)) / temperature.
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let y = bitcast<u32>(e.saved);
  // A y of -Inf is a number like any other.
  return finite_term(is_finite(e.grad_output) & ((y & MAGNITUDE_BITS) <= INFINITY_BITS), e.grad_output, 0.0);
}

fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  return gradient(e.saved, e.grad_output, stats);
}

// Nothing depends on a sink's own result, so that its grad_output is 0. softmin does not negate it.
fn sink_gradient(own_row: OfRow, stats: Stats) -> f32 {
  return negated(gradient(own_row.value, 0.0, stats));
}

fn gradient(saved: f32, grad_output: f32, stats: Stats) -> f32 {
  let sum = bitcast<f32>(stats.first);
  let y = -magnitude(saved, EXP_LIMIT);
  let far = grad_output - exp_of(exp_parts(y, MAGIC_127)) * sum;
  // Near y = 0 the two terms would cancel if the 1 of e^y were not taken out.
  let d = two_sum(grad_output, -sum, f32(uniforms.zero));
  let near = d.hi + ((d.lo - bitcast<f32>(stats.second)) - expm1_core(max(y, -0.34)) * sum);
  let difference = select(far, near, y > -0.34) * uniforms.rate.z;
  return select(not_a_number(), difference, is_finite(sum));
}

// Gives term() and result(); needs gradient_sum.wgsl.

// (grad_output - e^y sum(grad_output)) / temperature.
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let y = bitcast<u32>(e.saved);
  // A y of -Inf is a number like any other.
  return finite_term(is_finite(e.grad_output) & ((y & MAGNITUDE_BITS) <= INFINITY_BITS), e.grad_output, 0.0);
}

fn result(e: Element, own: Accumulator, index: u32, of_row: f32, stats: Stats) -> f32 {
  let sum = bitcast<f32>(stats.first);
  let y = -magnitude(e.saved, EXP_LIMIT);
  let far = e.grad_output - exp_of(exp_parts(y, MAGIC_127)) * sum;
  // Near y = 0 the two terms would cancel if the 1 of e^y were not taken out.
  let d = two_sum(e.grad_output, -sum, f32(uniforms.zero));
  let near = d.hi + ((d.lo - bitcast<f32>(stats.second)) - expm1_core(max(y, -0.34)) * sum);
  let gradient = select(far, near, y > -0.34) * uniforms.rate.z;
  return select(not_a_number(), gradient, is_finite(sum));
}

// Gives term() and result(); needs two_gradient_sums.wgsl.

// ((grad_output - sum(y grad_output)) t - sum(grad_output t) y) / temperature. It takes the place
// of t = y (tangent - sum(y tangent)) / temperature, which is softmax_backward.wgsl with tangent
// for grad_output.
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let finite = is_finite(e.saved) & is_finite(e.grad_output) & is_finite(e.t);
  return two_terms(finite, two_prod(e.saved, e.grad_output, f32(uniforms.zero)), two_prod(e.t, e.grad_output, f32(uniforms.zero)));
}

fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  let sum = bitcast<f32>(stats.first);
  // Both products contain y. Where y is tiny, their parts carry a factor of 2^60.
  let small = e.saved < TWO_POW_MINUS_60;
  let scale = select(1.0, TWO_POW_60, small);
  let difference = e.grad_output - sum;
  let p = two_prod(difference, opt_barrier(e.t * scale, f32(uniforms.zero)), f32(uniforms.zero));
  let q = two_prod(bitcast<f32>(stats.second), opt_barrier(e.saved * scale, f32(uniforms.zero)), f32(uniforms.zero));
  let d = two_sum(p.hi, -q.hi, f32(uniforms.zero));
  let gradient = opt_barrier((d.hi + (d.lo + (p.lo - q.lo))) * uniforms.rate.z, f32(uniforms.zero)) * select(1.0, TWO_POW_MINUS_60, small);
  return select(not_a_number(), gradient, is_finite(sum));
}

// ((grad_output - sum(y grad_output)) t - sum(grad_output t) y) / temperature. It takes the place
// of t = y (tangent - sum(y tangent)) / temperature, which is softmax_backward.wgsl with tangent
// for grad_output.
fn term(e: Element, index: u32, top: i32) -> Accumulator {
  let finite = is_finite(e.y) && is_finite(e.grad_output) && is_finite(e.t);
  return two_terms(finite, exact_product(e.y, e.grad_output), exact_product(e.t, e.grad_output));
}

fn result(e: Element, own: Accumulator, index: u32, row: u32, stats: vec2<u32>) -> f32 {
  let sum = bitcast<f32>(stats.x);
  // Both products contain y. Where y is tiny, their parts carry a factor of 2^60.
  let small = e.y < 8.6736174e-19;
  let scale = select(1.0, 1.1529215e18, small);
  let difference = e.grad_output - sum;
  let p = exact_product(difference, hold(e.t * scale));
  let q = exact_product(bitcast<f32>(stats.y), hold(e.y * scale));
  let d = two_sum(p.hi, -q.hi);
  let gradient = hold((d.hi + (d.lo + (p.lo - q.lo))) * uniforms.rate.z) * select(1.0, 8.6736174e-19, small);
  return select(not_a_number(), gradient, is_finite(sum));
}

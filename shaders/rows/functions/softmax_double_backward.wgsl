// term() of an element at i goes into two sums over its row, which gather/two_sums.wgsl gives result() as `known`.

// ((grad_output - sum(y grad_output)) t - sum(grad_output t) y) / temperature, in place of t, which is the gradient of softmax for
// the tangent in place of grad_output: y (tangent - sum(y tangent)) / temperature.
fn term(e: Element, index: u32, top: u32) -> Gathered {
  let finite = is_finite(e.y) && is_finite(e.grad_output) && is_finite(e.t);
  return two_terms(finite, two_prod(e.y, e.grad_output, call.zero), two_prod(e.t, e.grad_output, call.zero));
}

fn result(e: Element, own: Gathered, index: u32, row: u32, known: vec2<u32>) -> f32 {
  let sum = bitcast<f32>(known.x);
  // Both products have y in them; where it is tiny, their parts carry 2^60.
  let small = e.y < 8.6736174e-19;
  let scale = select(1.0, 1.1529215e18, small);
  let difference = e.grad_output - sum;
  let p = two_prod(difference, opt_barrier(e.t * scale, call.zero), call.zero);
  let q = two_prod(bitcast<f32>(known.y), opt_barrier(e.y * scale, call.zero), call.zero);
  let d = two_sum(p.hi, -q.hi, call.zero);
  let gradient = opt_barrier((d.hi + (d.lo + (p.lo - q.lo))) * call.rate.z, call.zero) * select(1.0, 8.6736174e-19, small);
  return select(not_a_number(), gradient, is_finite(sum));
}

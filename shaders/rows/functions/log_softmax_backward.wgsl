// term() of an element at i goes into the sum over its row, which gather/gradients.wgsl gives result() as `known`, in two parts.

// (grad_output - e^y sum(grad_output)) / temperature.
fn term(e: Element, index: u32, top: u32) -> Gathered {
  let y = bitcast<u32>(e.y);
  // Of y, -Inf is a number like any other.
  return gathered_if_finite(is_finite(e.grad_output) && (y & 0x7fffffffu) <= 0x7f800000u, e.grad_output, 0.0);
}

fn result(e: Element, own: Gathered, index: u32, row: u32, known: vec2<u32>) -> f32 {
  let sum = bitcast<f32>(known.x);
  let y = -magnitude(e.y, 88.0);
  let far = e.grad_output - exp_of(exp_parts(y, 12583039.0)) * sum;
  // Near y = 0 the two cancel, unless the 1 of e^y is taken out.
  let d = two_sum(e.grad_output, -sum, call.zero);
  let near = d.hi + ((d.lo - bitcast<f32>(known.y)) - expm1_core(max(y, -0.34)) * sum);
  let gradient = select(far, near, y > -0.34) * call.rate.z;
  return select(not_a_number(), gradient, is_finite(sum));
}

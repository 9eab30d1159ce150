// term() of an element at i goes into the sum over its row, which gather/gradients.wgsl gives result() as `known`, in two parts.

// -sum(grad_output) t / temperature, in place of t = e^y (tangent - sum(e^y tangent)) / temperature.
fn term(e: Element, index: u32, top: u32) -> Gathered {
  return gathered_if_finite(is_finite(e.grad_output), e.grad_output, 0.0);
}

fn result(e: Element, own: Gathered, index: u32, row: u32, known: vec2<u32>) -> f32 {
  let sum = bitcast<f32>(known.x);
  return select(not_a_number(), -sum * e.t * call.rate.z, is_finite(sum));
}

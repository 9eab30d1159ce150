// result() of an element at i; `known` is the sum over its row that gather/log_softmax_tangents.wgsl has the terms of.

// e^y (tangent - sum(e^y tangent)) / temperature, from log_softmax_tangents.wgsl.
fn result(e: Element, own: Gathered, index: u32, row: u32, known: vec2<u32>) -> f32 {
  return select(not_a_number(), exponential(e.y) * difference(e.grad_output, known) * call.rate.z, is_finite(bitcast<f32>(known.x)));
}

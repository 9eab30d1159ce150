// result() of an element at i; `known` is the sum over its row that gather/log_softmax_tangents.wgsl has the terms of.

// e^y (tangent - sum(e^y tangent)) / temperature, from log_softmax_tangents.wgsl.
fn result(i: u32, index: u32, row: u32, known: vec2<u32>) -> f32 {
  return select(not_a_number(), exponential(i) * difference(i, known) * call.rate.z, is_finite(bitcast<f32>(known.x)));
}

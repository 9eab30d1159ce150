// result() of an element; `known` is what gather/exponents.wgsl has of its row: the largest logit, and R.

// e^((x - largest) / temperature) / (1 + R), from what has been gathered of x itself: 1 for the largest, or the exponential, which
// carries 2^24.
fn result(e: Element, own: Gathered, index: u32, row: u32, known: vec2<u32>) -> f32 {
  // A row of nothing but -Inf is 0 / 0, and one with +Inf is Inf / Inf.
  let is_empty = call.empty_is_zero == 1u && known.x == 0xff800000u;
  let inverse = reciprocal(others(known) + 1.0);
  let scale = select(select(not_a_number(), 0.0, is_empty), inverse, is_finite(bitcast<f32>(known.x)));
  return opt_barrier(select(own.hi, 16777216.0, own.count == 1u) * scale, call.zero) * 5.9604645e-8;
}

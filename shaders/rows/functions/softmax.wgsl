// result() of an element at i; `known` is what gather/exponents.wgsl has of its row: the largest logit, and R.

// e^((x - largest) / temperature) / (1 + R).
fn result(i: u32, index: u32, row: u32, known: vec2<u32>) -> f32 {
  let top = bitcast<f32>(known.x);
  let e = exp_parts_of(at_least(argument(logit(i), top), 88.0), 12583039.0);
  let y = fence((e.q + 1.0) * reciprocal(others(known) + 1.0), e.t) * pow2(e.t);
  // A row of nothing but -Inf is 0 / 0, and one with +Inf is Inf / Inf.
  let is_empty = call.empty_is_zero == 1u && known.x == 0xff800000u;
  return select(select(not_a_number(), 0.0, is_empty), y, is_finite(top));
}

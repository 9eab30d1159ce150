// result() of an element at i; `known` is what gather/exponents.wgsl has of its row: the largest logit, and R.

// (x - largest) / temperature - log(1 + R): no term cancels another.
fn result(e: Element, own: Gathered, index: u32, row: u32, known: vec2<u32>) -> f32 {
  let top = bitcast<f32>(known.x);
  let x = e.x;
  let z = argument(x, top);
  // A row of nothing but -Inf is -Inf - -Inf, and one with +Inf is Inf - Inf; the logarithms of zeros are -Inf.
  let is_empty = call.empty_is_zero == 1u && known.x == 0xff800000u;
  let is_number = is_finite(top) || is_empty;
  let logarithm = select(not_a_number(), log1p(others(known)), is_number);
  return select(z.hi + (z.lo - logarithm), x, bitcast<u32>(x) == 0xff800000u && is_number);
}

// result() of an element at i; `known` is what gather/exponents.wgsl has of its row: the largest logit, and R.

// (x - largest) / temperature - log(1 + R): no term cancels another.
fn result(e: Element, own: Gathered, index: u32, row: u32, known: vec2<u32>) -> f32 {
  let top = bitcast<f32>(known.x);
  let x = e.x;
  let z = argument(x, top);
  let y = select(z.hi + (z.lo - log1p(others(known))), x, bitcast<u32>(x) == 0xff800000u);
  // A row of nothing but -Inf is -Inf - -Inf, and one with +Inf is Inf - Inf; the logarithms of zeros are -Inf.
  let is_empty = call.empty_is_zero == 1u && known.x == 0xff800000u;
  return select(select(not_a_number(), x, is_empty), y, is_finite(top));
}

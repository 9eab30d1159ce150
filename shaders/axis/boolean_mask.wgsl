// Takes -Inf where the mask is 0, whatever x is there. Bits decide, since a mask of integers may
// look like subnormal numbers, which devices flush.
fn mask(i: u32) -> f32 {
  return boolean_mask_element(i);
}

fn masked(value: f32, mask: f32) -> Element {
  let counts = (bitcast<u32>(mask) & MAGNITUDE_BITS) != 0u;
  let excluded = bitcast<f32>(MINUS_INFINITY_BITS ^ bitcast<u32>(f32(uniforms.zero)));
  return Element(select(excluded, negated(value), counts));
}

// Adds the mask, rounded once. NaN in either stays NaN.
fn masked(value: f32, i: u32) -> Element {
  let x = negated(value);
  let mask = mask_element(i);
  return Element(keep_nan(keep_nan(opt_barrier(x + mask, uniforms.zero), mask), x));
}

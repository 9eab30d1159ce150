// Adds the mask, rounded once. NaN in either stays NaN.
fn mask(i: u32) -> f32 {
  return mask_element(i);
}

fn masked(value: f32, mask: f32) -> Element {
  let x = negated(value);
  return Element(keep_nan(keep_nan(opt_barrier(x + mask, f32(uniforms.zero)), mask), x));
}

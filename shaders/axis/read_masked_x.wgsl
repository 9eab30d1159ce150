// Reads x + mask, rounded once; for softmin x is negated before. A mask that is smaller than x is
// repeated.
struct Element { x: f32 }

fn masked(value: f32, i: u32) -> Element {
  let x = bitcast<f32>(bitcast<u32>(value) ^ uniforms.negate);
  let mask = mask_element((uniforms.mask_first + i) % uniforms.mask_period);
  return Element(keep_nan(keep_nan(opt_barrier(x + mask, uniforms.zero), mask), x));
}

fn element(i: u32) -> Element {
  return masked(x_element(i), i);
}

fn aligned_four(i: u32) -> Four {
  let x = x_four(i);
  return Four(masked(x.x, i), masked(x.y, i + 1u), masked(x.z, i + 2u), masked(x.w, i + 3u));
}

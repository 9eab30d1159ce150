// Reads x and the mask. For softmin x is negated before. Needs masked().
struct Element { x: f32 }

fn element(i: u32) -> Element {
  return masked(x_element(i), i);
}

fn aligned_four(i: u32) -> Four {
  let x = x_four(i);
  return Four(masked(x.x, i), masked(x.y, i + 1u), masked(x.z, i + 2u), masked(x.w, i + 3u));
}

fn negated(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ uniforms.negate);
}

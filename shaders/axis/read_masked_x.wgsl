// Reads x and the mask. For softmin x is negated before. Needs masked().
struct Element { value: f32 }

fn element(i: u32) -> Element {
  return masked(x_element(i), mask(i));
}

fn aligned_four(i: u32) -> Element_vec4 {
  return masked_vec4(x_four(i), vec4<f32>(mask(i), mask(i + 1u), mask(i + 2u), mask(i + 3u)));
}

fn joined(a: Element, b: Element, c: Element, d: Element) -> Element_vec4 {
  return Element_vec4(vec4<f32>(a.value, b.value, c.value, d.value));
}

fn negated(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ u32(uniforms.negate));
}

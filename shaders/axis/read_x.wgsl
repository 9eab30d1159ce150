// Reads x, negated for softmin.
struct Element { value: f32 }

fn negated(x: f32) -> Element {
  return Element(bitcast<f32>(bitcast<u32>(x) ^ u32(uniforms.negate)));
}

fn element(i: u32) -> Element {
  return negated(x_element(i));
}

fn aligned_four(i: u32) -> Element_vec4 {
  return negated_vec4(x_four(i));
}

fn joined(a: Element, b: Element, c: Element, d: Element) -> Element_vec4 {
  return Element_vec4(vec4<f32>(a.value, b.value, c.value, d.value));
}

// Reads x, negated for softmin.
struct Element { x: f32 }

fn negated(x: f32) -> Element {
  return Element(bitcast<f32>(bitcast<u32>(x) ^ uniforms.negate));
}

fn element(i: u32) -> Element {
  return negated(x_element(i));
}

fn aligned_four(i: u32) -> Four {
  let x = x_four(i);
  return Four(negated(x.x), negated(x.y), negated(x.z), negated(x.w));
}

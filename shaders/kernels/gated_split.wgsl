// As gated.wgsl, of one tensor, `value`, that holds values and gates.
fn element(i: u32) -> f32 {
  let at = places(i);
  return gated(value_element(at.value), value_element(at.gate));
}

fn vector(i: u32) -> vec4<f32> {
  let at = places(i);
  return four_gated(value_vector(at.value), value_vector(at.gate));
}

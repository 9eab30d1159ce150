// As glu.wgsl, of one tensor, `value`, that holds values and gates.
fn element(i: u32) -> f32 {
  let at = places(i);
  return glu(value_element(at.value), value_element(at.gate));
}

struct Inputs { value: vec4<f32>, gate: vec4<f32> }

fn inputs_at(i: u32) -> Inputs {
  let at = places(i);
  return Inputs(value_vector(at.value), value_vector(at.gate));
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return glu_vec4(inputs.value, inputs.gate);
}

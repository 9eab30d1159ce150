// A gated linear unit of one tensor, x, that holds values and gates. The adapter gives glu(value,
// gate).
fn element(i: u32) -> f32 {
  let at = places(i);
  return glu(x_element(at.value), x_element(at.gate));
}

struct Inputs { value: vec4<f32>, gate: vec4<f32> }

fn inputs_at(i: u32) -> Inputs {
  let at = places(i);
  return Inputs(x_vector(at.value), x_vector(at.gate));
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return glu_vec4(inputs.value, inputs.gate);
}

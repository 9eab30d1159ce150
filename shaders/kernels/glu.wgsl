// A gated linear unit of two tensors. The adapter gives glu(value, gate).
fn element(i: u32) -> f32 {
  return glu(value_element(i), gate_element(i));
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return glu_vec4(inputs.value, inputs.gate);
}

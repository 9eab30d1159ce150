// value * activation(gate), of two tensors. glu(value, gate) comes from src/wgsl/glue.rs.
fn element(i: u32) -> f32 {
  return glu(value_element(i), gate_element(i));
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return glu_vec4(inputs.value, inputs.gate);
}

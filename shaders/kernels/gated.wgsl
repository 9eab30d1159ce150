// value * activation(gate), of two tensors. gated(value, gate) comes from src/wgsl/glue.rs.
fn element(i: u32) -> f32 {
  return gated(value_element(i), gate_element(i));
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return four_gated(inputs.value, inputs.gate);
}

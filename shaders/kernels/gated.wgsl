// value * activation(gate), of two tensors. gated(value, gate, parameters) comes from src/wgsl.rs.
fn element(i: u32) -> f32 {
  return gated(value_element(i), gate_element(i), call.parameters);
}

fn vector(i: u32) -> vec4<f32> {
  return gated_vector(value_vector(i), gate_vector(i));
}

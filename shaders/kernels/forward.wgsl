// activation(x). activation(x, element) comes from src/wgsl/glue.rs, what is named four_ from src/wgsl/fours.rs, and how tensors are read
// from src/wgsl/storage.rs.
fn element(i: u32) -> f32 {
  return activation(x_element(i), call.first + i);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return activation_vec4(inputs.x, elements_of(i));
}

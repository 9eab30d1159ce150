// Forward: activation(x). The adapter gives activation(x, element).
fn element(i: u32) -> f32 {
  return activation(x_element(i), i);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return activation_vec4(inputs.x, vector_elements(i));
}

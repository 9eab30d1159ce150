// The gradients of glu.wgsl. vectors_glu_backward.wgsl writes both in one dispatch; here a dispatch
// writes one of them: the gate's if uniforms.gate is 1.
fn element(i: u32) -> f32 {
  let both = glu_gradients(value_element(i), gate_element(i), grad_output_element(i));
  return select(both.value, both.gate, uniforms.gate == 1u);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  let both = glu_gradients_vec4(inputs.value, inputs.gate, inputs.grad_output);
  return select(both.value, both.gate, uniforms.gate == 1u);
}

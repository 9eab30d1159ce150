// The gradients of glu.wgsl: both in one pass (vectors_of_both.wgsl), or in two, of which each has one for its output: the gate's
// where call.first is 1.
fn element(i: u32) -> f32 {
  let both = gradients(value_element(i), gate_element(i), grad_output_element(i));
  return select(both.value, both.gate, call.first == 1u);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  let both = gradients_vec4(inputs.value, inputs.gate, inputs.grad_output);
  return select(both.value, both.gate, call.first == 1u);
}

// The gradients of gated.wgsl: both in one pass, output and grad_gate, or in two, of which each has one for its output: the gate's
// where call.first is 1.
fn element(i: u32) -> f32 {
  let both = gradients_of_element(value_element(i), gate_element(i), grad_output_element(i));
  return select(both.x, both.y, call.first == 1u);
}

fn vector(i: u32) -> vec4<f32> {
  let both = gradients(value_vector(i), gate_vector(i), grad_output_vector(i));
  return select(both.value, both.gate, call.first == 1u);
}

@compute @workgroup_size(WORKGROUP)
fn vectors_of_both(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = vec2<u32>(call.output + i, call.grad_gate + i);
  let both = gradients(value_vector(i), gate_vector(i), grad_output_vector(i));
  if (i < call.count) {
    output_vector_to(to.x, both.value);
    grad_gate_vector_to(to.y, both.gate);
  }
}

// Four elements a thread of both gradients, output and grad_gate.
@compute @workgroup_size(WORKGROUP)
fn vectors_of_both(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = vec2<u32>(call.output + i, call.grad_gate + i);
  let both = four_gradients(value_vector(i), gate_vector(i), grad_output_vector(i));
  if (i < call.count) {
    output_vector_to(to.x, both.value);
    grad_gate_vector_to(to.y, both.gate);
  }
}

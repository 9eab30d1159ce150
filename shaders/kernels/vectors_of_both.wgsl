// As vectors.wgsl, of both gradients: output and grad_gate.
@compute @workgroup_size(WORKGROUP)
fn vectors_of_both(@builtin(global_invocation_id) id: vec3<u32>) {
  let thread = position(id);
  let i = two_vectors(thread);
  let to = call.output + i;
  let to_gate = call.grad_gate + i;
  let first = inputs_at(i.x);
  let second = inputs_at(i.y);
  let first_results = gradients_vec4(first.value, first.gate, first.grad_output);
  let second_results = gradients_vec4(second.value, second.gate, second.grad_output);
  if (thread < call.count) {
    output_vector_to(to.x, first_results.value);
    grad_gate_vector_to(to_gate.x, first_results.gate);
    output_vector_to(to.y, second_results.value);
    grad_gate_vector_to(to_gate.y, second_results.gate);
  }
}

// As vectors.wgsl, where a vector is one of the gradient of the output: it gives one of the values' gradient and one of the gates'.
@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let thread = position(id);
  let i = two_vectors(thread);
  let first = inputs_at(i.x);
  let second = inputs_at(i.y);
  let first_results = gradients_vec4(first.value, first.gate, first.grad_output);
  let second_results = gradients_vec4(second.value, second.gate, second.grad_output);
  let at = places(i.x);
  let second_at = places(i.y);
  if (thread < call.count) {
    output_vector_to(call.output + at.value, first_results.value);
    output_vector_to(call.output + at.gate, first_results.gate);
    output_vector_to(call.output + second_at.value, second_results.value);
    output_vector_to(call.output + second_at.gate, second_results.gate);
  }
}

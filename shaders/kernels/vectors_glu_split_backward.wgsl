// As vectors.wgsl, for the gradient of a split tensor. A vector of grad_output gives one of the
// values' gradient and one of the gates'.
@compute @workgroup_size(WORKGROUP)
fn vectors_glu_split_backward(@builtin(global_invocation_id) id: vec3<u32>) {
  let thread = dispatch_index(id);
  let i = thread_vectors(thread);
  let first = inputs_at(i.x);
  let second = inputs_at(i.y);
  let first_results = glu_gradients_vec4(first.value, first.gate, first.grad_output);
  let second_results = glu_gradients_vec4(second.value, second.gate, second.grad_output);
  let at = places(i.x);
  let second_at = places(i.y);
  if (thread < uniforms.count) {
    store_output_vector(output_offset() + at.value, first_results.value);
    store_output_vector(output_offset() + at.gate, first_results.gate);
    store_output_vector(output_offset() + second_at.value, second_results.value);
    store_output_vector(output_offset() + second_at.gate, second_results.gate);
  }
}

// As vectors.wgsl, for both gradients of a gated unit: output is the value's, grad_gate the gate's.
@compute @workgroup_size(WORKGROUP)
fn vectors_glu_backward(@builtin(global_invocation_id) id: vec3<u32>) {
  let thread = dispatch_index(id);
  let i = thread_vectors(thread);
  let to = output_offset() + i;
  let to_gate = grad_gate_offset() + i;
  let first = inputs_at(i.x);
  let second = inputs_at(i.y);
  let first_results = glu_gradients_vec4(first.value, first.gate, first.grad_output);
  let second_results = glu_gradients_vec4(second.value, second.gate, second.grad_output);
  if (thread < uniforms.count) {
    store_output_vector(to.x, first_results.value);
    store_grad_gate_vector(to_gate.x, first_results.gate);
    store_output_vector(to.y, second_results.value);
    store_grad_gate_vector(to_gate.y, second_results.gate);
  }
}

// Two vectors of four elements a thread, for operands that are aligned to vectors. A thread has
// work for both vectors or for none: so there is one branch, and no load waits for the store of the
// other vector. Loads stand outside of the branch, since software drivers execute a branch lane by
// lane. The op gives vector(i, inputs).
@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let thread = dispatch_index(id);
  let i = thread_vectors(thread);
  let to = output_offset() + i;
  let first = inputs_at(i.x);
  let second = inputs_at(i.y);
  let first_result = vector(i.x, first);
  let second_result = vector(i.y, second);
  if (thread < uniforms.count) {
    store_output_vector(to.x, first_result);
    store_output_vector(to.y, second_result);
  }
}

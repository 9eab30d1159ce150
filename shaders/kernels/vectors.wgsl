// Two vectors a thread, of four elements each, for slices that are aligned to four elements. Both are there or none, so that there is one
// branch, and no load waits for the other vector's store. What is loaded is loaded outside of the branch: inside, software drivers go
// through the lanes one by one. vector(i, inputs) is the pass's; inputs_at(i) and output_vector_to come from src/wgsl/storage.rs.
@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let thread = position(id);
  let i = two_vectors(thread);
  let to = call.output + i;
  let first = inputs_at(i.x);
  let second = inputs_at(i.y);
  let first_result = vector(i.x, first);
  let second_result = vector(i.y, second);
  if (thread < call.count) {
    output_vector_to(to.x, first_result);
    output_vector_to(to.y, second_result);
  }
}

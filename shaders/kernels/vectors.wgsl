// Four elements a thread, for slices that are aligned to four elements. What is loaded is loaded outside of the branch: inside,
// software drivers go through the lanes one by one. vector(i) is the pass's; output_vector_to comes from src/wgsl/storage.rs.
@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let result = vector(i);
  if (i < call.count) {
    output_vector_to(to, result);
  }
}

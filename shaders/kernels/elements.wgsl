// One element a thread, for any slices. element(i) is the pass's.
@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let result = element(i);
  if (i < call.count) {
    output_elements[to] = result;
  }
}

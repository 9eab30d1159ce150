// One element a thread, for operands of any offset and length. The op gives element(i).
@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = dispatch_index(id);
  let to = output_offset() + i;
  let result = element(i);
  if (i < uniforms.count) {
    output_elements[to] = result;
  }
}

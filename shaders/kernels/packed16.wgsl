// One word of two 16-bit elements a thread, for operands of any offset and length. The first and
// the last word may each hold an element outside of the output: it keeps its value. The op gives
// element(i).
@compute @workgroup_size(WORKGROUP)
fn packed16(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = dispatch_index(id);
  let word = output_offset() / 2u + i;
  // If the output begins within a word, the first thread's first element is -1.
  let first = 2u * i - output_offset() % 2u;
  let before = output_elements[word];
  let lower = select(before & 0xffffu, output_bits(element(first)), first < uniforms.elements);
  let upper = select(before >> 16u, output_bits(element(first + 1u)), first + 1u < uniforms.elements);
  if (i < uniforms.count) {
    output_elements[word] = lower | (upper << 16u);
  }
}

// Copies words. The first and the last may each hold a 16-bit element that lies outside of what is
// copied: it keeps its value. In halves of words, that begins at uniforms.start and ends at
// uniforms.length.
@compute @workgroup_size(WORKGROUP)
fn copy(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = dispatch_index(id);
  if (i >= uniforms.count) {
    return;
  }
  let lower = select(0u, 0x0000ffffu, 2u * i >= uniforms.start);
  let upper = select(0u, 0xffff0000u, 2u * i + 1u < uniforms.length);
  let copied = lower | upper;
  let word = output_offset() + i;
  output_elements[word] = (output_elements[word] & ~copied) | (x_word(i) & copied);
}

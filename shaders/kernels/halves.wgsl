// One word of two 16-bit elements a thread, for any slices. The first and the last word may hold an element that is not the
// slice's: it is kept. element(i) is the pass's; output_bits comes from src/wgsl/storage.rs.
@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let word = call.output / 2u + i;
  // Of a slice that begins within a word, the first thread's first element is -1.
  let first = 2u * i - call.output % 2u;
  let kept = output_elements[word];
  let lower = select(kept & 0xffffu, output_bits(element(first)), first < call.elements);
  let upper = select(kept >> 16u, output_bits(element(first + 1u)), first + 1u < call.elements);
  if (i < call.count) {
    output_elements[word] = lower | (upper << 16u);
  }
}

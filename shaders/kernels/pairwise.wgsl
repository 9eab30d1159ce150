// Sums by pairwise summation in a fixed order: the error grows with the logarithm of the number of
// terms, and the same terms give the same bits on each run. A workgroup adds a block of TERMS = 8 *
// WORKGROUP terms. Rows of more terms take several dispatches. The op gives term(row, index).

var<workgroup> partial: array<f32, WORKGROUP>;

fn term_or_zero(row: u32, index: u32) -> f32 {
  if (index < uniforms.length) {
    return term(row, index);
  }
  return 0.0;
}

// A workgroup adds one block of one row. The blocks of a row follow each other.
@compute @workgroup_size(WORKGROUP)
fn pairwise(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = dispatch_index(id);
  let blocks_in_row = max(1u, (uniforms.length + TERMS - 1u) / TERMS);
  let row = index / blocks_in_row;
  let block = index - row * blocks_in_row;
  if (index >= uniforms.count) {
    return;
  }
  let k = block * TERMS + thread;
  let a = term_or_zero(row, k) + term_or_zero(row, k + WORKGROUP);
  let b = term_or_zero(row, k + 2u * WORKGROUP) + term_or_zero(row, k + 3u * WORKGROUP);
  let c = term_or_zero(row, k + 4u * WORKGROUP) + term_or_zero(row, k + 5u * WORKGROUP);
  let d = term_or_zero(row, k + 6u * WORKGROUP) + term_or_zero(row, k + 7u * WORKGROUP);
  partial[thread] = (a + b) + (c + d);
  for (var width = WORKGROUP / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) {
      partial[thread] += partial[thread + width];
    }
  }
  if (thread == 0u) {
    output_elements[output_offset() + row * uniforms.stride + block] = partial[0];
  }
}

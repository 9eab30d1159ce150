// Sums by pairwise summation in a fixed order: the error grows with the logarithm of the number of terms, and the same
// terms give the same bits on each run. One workgroup adds TERMS = 8 * WORKGROUP terms (src/wgsl.rs); what it adds,
// term(row, index), comes from another file. Reductions of more than TERMS terms take several dispatches.

var<workgroup> partial: array<f32, WORKGROUP>;

fn term_or_zero(row: u32, index: u32) -> f32 {
  if (index < call.length) {
    return term(row, index);
  }
  return 0.0;
}

// Each workgroup adds one block of one row; blocks of a row follow each other.
@compute @workgroup_size(WORKGROUP)
fn blocks(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = position(id);
  let blocks_in_row = max(1u, (call.length + TERMS - 1u) / TERMS);
  let row = index / blocks_in_row;
  let block = index - row * blocks_in_row;
  if (index >= call.count) {
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
    output_elements[call.output + row * call.stride + block] = partial[0];
  }
}

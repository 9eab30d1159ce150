// Adds partial sums in pairs, 16 at a time and in a fixed order, so that the same terms give the
// same bits on each run. The terms are an array [rows, uniforms.length, uniforms.run.x], of which
// the dimension in the middle is summed: uniforms.period.x sums of 16 terms. src/wgsl/kernel/mod.rs makes
// the same of vectors.
fn term(first: u32, k: u32, index: u32) -> f32 {
  let value = x_elements[x_offset() + first + min(index + k, uniforms.length - 1u) * uniforms.run.x];
  return select(f32(), value, index + k < uniforms.length);
}

fn four_terms(first: u32, index: u32) -> f32 {
  let low = term(first, 0u, index) + term(first, 1u, index);
  return low + (term(first, 2u, index) + term(first, 3u, index));
}

@compute @workgroup_size(WORKGROUP)
fn fold(@builtin(global_invocation_id) id: vec3<u32>) {
  let thread = dispatch_index(id);
  if (thread >= uniforms.count) {
    return;
  }
  let block = divide(thread, uniforms.run);
  let place = thread - block * uniforms.run.x;
  let row = divide(block, uniforms.period);
  let index = (block - row * uniforms.period.x) * 16u;
  let first = row * uniforms.length * uniforms.run.x + place;
  let low = four_terms(first, index) + four_terms(first, index + 4u);
  let high = four_terms(first, index + 8u) + four_terms(first, index + 12u);
  output_elements[output_offset() + thread] = low + high;
}

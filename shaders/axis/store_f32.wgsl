// Stores f32 results.
fn store_output(i: u32, y: f32) {
  output_elements[output_offset() + i] = y;
}

// Four neighbours from any place on, as far as the block has them.
fn store_output_unaligned(p: Place, k: u32, y: vec4<f32>) {
  let to = output_offset() + p.first + k;
  if (k < p.count) { output_elements[to] = y.x; }
  if (k + 1u < p.count) { output_elements[to + 1u] = y.y; }
  if (k + 2u < p.count) { output_elements[to + 2u] = y.z; }
  if (k + 3u < p.count) { output_elements[to + 3u] = y.w; }
}

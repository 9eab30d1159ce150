// How f32 results are stored.
fn store_one(i: u32, y: f32) {
  output_elements[call.output + i] = y;
}

// Of four neighbours, which may begin anywhere, those that are the block's.
fn store_unaligned(p: Place, k: u32, y: vec4<f32>) {
  let to = call.output + p.first + k;
  if (k < p.count) { output_elements[to] = y.x; }
  if (k + 1u < p.count) { output_elements[to + 1u] = y.y; }
  if (k + 2u < p.count) { output_elements[to + 2u] = y.z; }
  if (k + 3u < p.count) { output_elements[to + 3u] = y.w; }
}

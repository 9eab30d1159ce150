// Rows of whole vectors, which begin where vectors do. Past the end of a block is its last vector again, which counts no more.

fn four(p: Place, k: u32) -> Four {
  return aligned_four(p.first + min(k, p.count - 4u));
}

fn store(p: Place, k: u32, y: vec4<f32>) {
  if (k < p.count) {
    output_vector_to((call.output + p.first + k) / 4u, y);
  }
}

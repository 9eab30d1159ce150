// Blocks that fill their workgroups, of whole vectors: nothing is past the end of one, and no store waits for a branch.
fn is_within(p: Place, k: u32) -> bool {
  return true;
}

fn four(p: Place, k: u32) -> Four {
  return aligned_four(p.first + k);
}

fn store(p: Place, k: u32, y: vec4<f32>) {
  output_vector_to((call.output + p.first + k) / 4u, y);
}

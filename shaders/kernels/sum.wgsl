// The terms that pairwise.wgsl adds are partial sums, in rows that follow each other.
fn term(row: u32, index: u32) -> f32 {
  return x_element(row * uniforms.length + index);
}

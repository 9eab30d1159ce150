// Blocks of whole vectors that begin where vectors do. Gives four_at() and store_output_four(); needs
// aligned_four(). Past the end of a block its last vector is read again, which does not count.
fn four_at(p: Place, k: u32) -> Element_vec4 {
  return aligned_four(p.first + select(min(k, p.count - 4u), k, FILLS_WORKGROUP));
}

fn store_output_four(p: Place, k: u32, y: vec4<f32>) {
  if (FILLS_WORKGROUP || k < p.count) {
    store_output_vector((output_offset() + p.first + k) / 4u, y);
  }
}

// Blocks of any length that begin anywhere. Gives four_at() and store_output_four(); needs element(). Past the end
// of a block its last element is read again, which does not count.
fn four_at(p: Place, k: u32) -> Element_vec4 {
  let last = p.first + p.count - 1u;
  let i = p.first + k;
  return joined(element(min(i, last)), element(min(i + 1u, last)), element(min(i + 2u, last)), element(min(i + 3u, last)));
}

fn store_output_four(p: Place, k: u32, y: vec4<f32>) {
  store_output_unaligned(p, k, y);
}

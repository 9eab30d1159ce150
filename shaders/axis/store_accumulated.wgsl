// Adds results to what the output has. Needs set_output(i, y), which stores one: it is
// store_output() of store_f32.wgsl or of store_packed16.wgsl.
fn store_output(i: u32, y: f32) {
  set_output(i, accumulated(output_element(i), y));
}

// Four neighbours from any place on, as far as the block has them.
fn store_output_unaligned(p: Place, k: u32, y: vec4<f32>) {
  let i = p.first + k;
  if (k < p.count) { store_output(i, y.x); }
  if (k + 1u < p.count) { store_output(i + 1u, y.y); }
  if (k + 2u < p.count) { store_output(i + 2u, y.z); }
  if (k + 3u < p.count) { store_output(i + 3u, y.w); }
}

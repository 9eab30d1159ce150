// What src/wgsl/fours.rs is not to make of math.wgsl: GLSL before 4.5 cannot select one of two
// integers four times at once.
fn select_bits_vec4(a: vec4<u32>, b: vec4<u32>, is_b: vec4<bool>) -> vec4<u32> {
  return vec4<u32>(select(a.x, b.x, is_b.x), select(a.y, b.y, is_b.y), select(a.z, b.z, is_b.z), select(a.w, b.w, is_b.w));
}

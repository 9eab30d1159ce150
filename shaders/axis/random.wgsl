// The random words of the element at place i, and of four from a place on where a group of four
// words begins. Needs philox.wgsl.
fn word(i: u32, purpose: u32) -> u32 {
  let at = uniforms.phase + i;
  return random_words(at / 4u, purpose)[at % 4u];
}

fn words(i: u32, purpose: u32) -> vec4<u32> {
  return random_words((uniforms.phase + i) / 4u, purpose);
}

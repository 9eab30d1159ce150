// Loads of f16 by the device's own conversion, which kernels/check_f16.wgsl has seen to be exact.

fn from_f16(bits: u32) -> f32 {
  return unpack2x16float(bits).x;
}

fn unpack_f16(words: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}

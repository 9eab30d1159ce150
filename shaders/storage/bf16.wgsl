// bfloat16 in bits: the upper half of an f32.

// The number that has these lower 16 bits, exactly.
fn from_bf16(bits: u32) -> f32 {
  return bitcast<f32>(bits << 16u);
}

// An f32 whose upper 16 bits are x rounded to nearest, ties to even. Beyond the largest number x
// becomes infinity; NaN stays NaN.
fn rounded_to_bf16(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(bits + 0x7fffu + ((bits >> 16u) & 1u), bits | 0x400000u, (bits & 0x7fffffffu) > 0x7f800000u);
}

fn to_bf16(x: f32) -> u32 {
  return rounded_to_bf16(x) >> 16u;
}

// Two numbers in a word, the first in its lower half.
fn two_to_bf16(x: f32, y: f32) -> u32 {
  return (rounded_to_bf16(x) >> 16u) | (rounded_to_bf16(y) & 0xffff0000u);
}

fn unpack_bf16(words: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(from_bf16(words.x), from_bf16(words.x >> 16u), from_bf16(words.y), from_bf16(words.y >> 16u));
}

fn pack_bf16(x: vec4<f32>) -> vec2<u32> {
  return vec2<u32>(two_to_bf16(x.x, x.y), two_to_bf16(x.z, x.w));
}

// bfloat16 in bits: the upper half of an f32.

// Exact, of the lower 16 bits.
fn from_bf16(bits: u32) -> f32 {
  return bitcast<f32>(bits << 16u);
}

// The upper 16 bits of these, to nearest, ties to even; beyond the largest number infinity, and NaN stays NaN.
fn rounded_to_bf16(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(bits + 0x7fffu + ((bits >> 16u) & 1u), bits | 0x400000u, (bits & 0x7fffffffu) > 0x7f800000u);
}

fn to_bf16(x: f32) -> u32 {
  return rounded_to_bf16(x) >> 16u;
}

// Two in a word, the first in its lower half.
fn two_to_bf16(x: f32, y: f32) -> u32 {
  return (rounded_to_bf16(x) >> 16u) | (rounded_to_bf16(y) & 0xffff0000u);
}

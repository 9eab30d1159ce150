// bfloat16 in bits: the upper half of an f32.

// Exact, of the lower 16 bits.
fn from_bf16(bits: u32) -> f32 {
  return bitcast<f32>(bits << 16u);
}

// To nearest, ties to even; beyond the largest number infinity, and NaN stays NaN.
fn to_bf16(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
  return select(rounded, (bits >> 16u) | 0x40u, (bits & 0x7fffffffu) > 0x7f800000u);
}

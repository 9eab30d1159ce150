// IEEE 754 binary16 in bits: no feature is needed, and no device's own conversion, which may flush subnormals or round otherwise.

// Exact, of the lower 16 bits; NaN stays NaN.
fn from_f16(bits: u32) -> f32 {
  // Sign, exponent and significand, where those of an f32 are, with 2^112 too much: so that infinity and NaN are those of an f32.
  let shifted = bitcast<u32>(bitcast<i32>(bits << 16u) >> 3u);
  let normal = bitcast<f32>((shifted & 0x8fffe000u) | 0x70000000u) * 1.92592994e-34;
  // With an exponent of 0, that of 2^-14, the leading bit is none.
  let subnormal = bitcast<u32>(2.0 * abs(normal) - 6.10351562e-05) | (shifted & 0x80000000u);
  return select(normal, bitcast<f32>(subnormal), abs(normal) < 6.10351562e-05);
}

// To nearest, ties to even; beyond the largest number infinity.
fn to_f16(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let normal = min((magnitude - 0x37fff001u + ((magnitude >> 13u) & 1u)) >> 13u, 0x7c00u);
  // A sum with 1/2 is rounded to units of 2^-24, which are those of a subnormal.
  let subnormal = bitcast<u32>(bitcast<f32>(magnitude) + 0.5) - 0x3f000000u;
  let rounded = select(normal, subnormal, magnitude < 0x38800000u);
  return select(rounded, 0x7e00u, magnitude > 0x7f800000u) | ((bits >> 16u) & 0x8000u);
}

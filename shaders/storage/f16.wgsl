// IEEE 754 binary16 in bits: no feature is needed, and no device's own conversion, which may flush subnormals or round otherwise.

// Exact; NaN stays NaN.
fn from_f16(bits: u32) -> f32 {
  let magnitude = bits & 0x7fffu;
  // The exponent's bias is 112 less, and as much again for infinity and NaN; a subnormal is a whole number of 2^-24.
  let normal = (magnitude << 13u) + select(0x38000000u, 0x70000000u, magnitude >= 0x7c00u);
  let subnormal = bitcast<u32>(f32(magnitude) * 5.9604645e-8);
  return bitcast<f32>(select(normal, subnormal, magnitude < 0x400u) | ((bits & 0x8000u) << 16u));
}

// To nearest, ties to even; beyond the largest number infinity.
fn to_f16(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let exponent = magnitude >> 23u;
  // A subnormal's significand, with its leading bit, is shifted to units of 2^-24; by 25 nothing is left.
  let is_subnormal = exponent < 113u;
  let significand = select(magnitude - 0x38000000u, (magnitude & 0x7fffffu) | 0x800000u, is_subnormal);
  let shift = select(13u, 126u - clamp(exponent, 101u, 113u), is_subnormal);
  let is_odd = (significand >> shift) & 1u;
  let rounded = min((significand + (1u << (shift - 1u)) - 1u + is_odd) >> shift, 0x7c00u);
  return select(rounded, 0x7e00u, magnitude > 0x7f800000u) | ((bits >> 16u) & 0x8000u);
}

// IEEE 754 binary16 in bits: no feature is needed, and no device's own conversion, which may flush subnormals or round otherwise.

// Exact, of the lower 16 bits; NaN stays NaN.
fn from_f16(bits: u32) -> f32 {
  // Exponent and significand, where those of an f32 are, with 2^112 too much: so that infinity and NaN are those of an f32.
  let normal = bitcast<f32>((bits & 0x7fffu) * 0x2000u + 0x70000000u) * 1.92592994e-34;
  // With an exponent of 0, that of 2^-14, the leading bit is none. Elsewhere this is not below the number.
  let subnormal = 2.0 * normal - 6.10351562e-05;
  return bitcast<f32>(min(bitcast<u32>(normal), bitcast<u32>(subnormal)) | ((bits << 16u) & 0x80000000u));
}

// Those of |x| in the lower 15 bits, and others above them, to nearest, ties to even; beyond the largest number infinity.
fn magnitude_to_f16(x: f32) -> u32 {
  let all = bitcast<u32>(x) & 0x7fffffffu;
  // 2^16 becomes infinity.
  let magnitude = min(all, 0x47800000u);
  // The sum with 2^13 times the power of two below, or 2^-14 if that is more, is rounded where an f16 is.
  let unit = max((magnitude & 0x7f800000u) + 0x06800800u, 0x3f000800u);
  let sum = bitcast<u32>(bitcast<f32>(magnitude) + bitcast<f32>(unit));
  // Its lower bits are the significand, to which the exponent is added; 2048 units, which are in the sum, make up for the exponents' biases.
  return select(sum + (sum >> 13u), 0x7e00u, all > 0x7f800000u);
}

// Two in a word, the first in its lower half.
fn two_to_f16(x: f32, y: f32) -> u32 {
  let x_upper = bitcast<u32>(x) >> 16u;
  let y_bits = bitcast<u32>(y);
  // The signs of x and y, and else what is in their place.
  let lower = x_upper ^ ((x_upper ^ magnitude_to_f16(x)) & 0x7fffu);
  let both = (magnitude_to_f16(y) << 16u) + lower;
  return y_bits ^ ((y_bits ^ both) & 0x7fffffffu);
}

fn to_f16(x: f32) -> u32 {
  return two_to_f16(x, 0.0);
}

// IEEE 754 binary16 in bits. This needs no feature, and it does not trust a device's own
// conversion, which may flush subnormal numbers or round in another way.

const TWO_POW_MINUS_112: f32 = 1.92592994e-34;
const TWO_POW_MINUS_14: f32 = 6.10351562e-05;

// The number that has these lower 16 bits, exactly. NaN stays NaN.
fn from_f16(bits: u32) -> f32 {
  // Exponent and significand move to their places in an f32, with 112 added to the exponent: so
  // infinity and NaN become those of an f32. The factor takes the 112 away again.
  let normal = bitcast<f32>((bits & 0x7fffu) * 0x2000u + 0x70000000u) * TWO_POW_MINUS_112;
  // An exponent of 0 means 2^-14 without the leading 1. For other exponents this is not below the
  // number.
  let subnormal = 2.0 * normal - TWO_POW_MINUS_14;
  return bitcast<f32>(min(bitcast<u32>(normal), bitcast<u32>(subnormal)) | ((bits << 16u) & 0x80000000u));
}

// The bits of |x| rounded to nearest, ties to even, in the lower 15 bits; the bits above are left
// over. Beyond the largest number |x| becomes infinity.
fn magnitude_to_f16(x: f32) -> u32 {
  let all = bitcast<u32>(x) & 0x7fffffffu;
  // 2^16 becomes infinity.
  let magnitude = min(all, 0x47800000u);
  // A sum with 2^13 times the power of two below |x|, or 2^-14 if that is more, is rounded where an
  // f16 is.
  let unit = max((magnitude & 0x7f800000u) + 0x06800800u, 0x3f000800u);
  let sum = bitcast<u32>(bitcast<f32>(magnitude) + bitcast<f32>(unit));
  // The sum's lower bits are the significand; the exponent is added to it. The 2048 units in the
  // sum make up for the difference of the exponents' biases.
  return select(sum + (sum >> 13u), 0x7e00u, all > 0x7f800000u);
}

// Two numbers in a word, the first in its lower half.
fn two_to_f16(x: f32, y: f32) -> u32 {
  let x_upper = bitcast<u32>(x) >> 16u;
  let y_bits = bitcast<u32>(y);
  // Each bit comes from x and y if it is a sign, else from the magnitudes.
  let lower = x_upper ^ ((x_upper ^ magnitude_to_f16(x)) & 0x7fffu);
  let both = (magnitude_to_f16(y) << 16u) + lower;
  return y_bits ^ ((y_bits ^ both) & 0x7fffffffu);
}

fn to_f16(x: f32) -> u32 {
  return two_to_f16(x, 0.0);
}

fn unpack_f16(words: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(from_f16(words.x), from_f16(words.x >> 16u), from_f16(words.y), from_f16(words.y >> 16u));
}

fn pack_f16(x: vec4<f32>) -> vec2<u32> {
  return vec2<u32>(two_to_f16(x.x, x.y), two_to_f16(x.z, x.w));
}

// A random number generator without a state: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, Parallel
// Random Numbers: As Easy as 1, 2, 3, SC 2011). The same counter and key give the same words on
// every device.
const PHILOX_MULTIPLIER_0: u32 = 0xd2511f53u;
const PHILOX_MULTIPLIER_1: u32 = 0xcd9e8d57u;
const PHILOX_KEY_STEP = vec2<u32>(0x9e3779b9u, 0xbb67ae85u);

fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    let high_0 = multiply_high(PHILOX_MULTIPLIER_0, c.x);
    let high_1 = multiply_high(PHILOX_MULTIPLIER_1, c.z);
    c = vec4<u32>(high_1 ^ c.y ^ k.x, PHILOX_MULTIPLIER_1 * c.z, high_0 ^ c.w ^ k.y, PHILOX_MULTIPLIER_0 * c.x);
    k += PHILOX_KEY_STEP;
  }
  return c;
}

// An element has a random word for dropout, and one for an activation that is random itself.
const FOR_DROPOUT = 0u;
const FOR_ACTIVATION = 1u;

// The words of four elements: of the group-th four after uniforms.counter.
fn random_words(group: u32, purpose: u32) -> vec4<u32> {
  let low = uniforms.counter.x + group;
  // A position in the sequence has 64 bits, and four positions share a counter.
  let high = (uniforms.counter.y + select(0u, 1u, low < group)) & 0x3fffffffu;
  return philox(vec4<u32>(low, high, purpose, 0u), uniforms.seed);
}

// From a word to a number from 0 to 1 - 2^-24.
fn fraction(word: u32) -> f32 {
  return f32(word >> 8u) * TWO_POW_MINUS_24;
}

// Dropout multiplies an element by 0 with probability p, else by 1 / (1 - p).
fn dropout_factor(word: u32) -> f32 {
  return select(f32(uniforms.keep_scale), 0.0, (word >> 8u) < u32(uniforms.dropped_below));
}

// Random numbers without a state: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3,
// SC 2011). The same counter and key give the same words, on every device.
fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    let high_0 = multiply_high(0xd2511f53u, c.x);
    let high_1 = multiply_high(0xcd9e8d57u, c.z);
    c = vec4<u32>(high_1 ^ c.y ^ k.x, 0xcd9e8d57u * c.z, high_0 ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// What of the generator a number is for.
const FOR_DROPOUT = 0u;
const FOR_ACTIVATION = 1u;

// The words of the four elements that follow call.counter after so many groups of four.
fn words(group: u32, purpose: u32) -> vec4<u32> {
  let low = call.counter.x + group;
  // Positions are of 64 bits, and four of them share a counter.
  let high = (call.counter.y + select(0u, 1u, low < group)) & 0x3fffffffu;
  return philox(vec4<u32>(low, high, purpose, 0u), call.seed);
}

// From a word to a number from 0 to 1 - 2^-24.
fn fraction(word: u32) -> f32 {
  return f32(word >> 8u) * 5.9604645e-8;
}

// 1 / (1 - p), or 0 with probability p.
fn kept(word: u32) -> f32 {
  return select(f32(call.keep_scale), 0.0, (word >> 8u) < u32(call.dropped_below));
}

// Stores 16-bit results, two in a word. A thread that has both writes the word. A thread
// that has one changes that one's bits atomically, since another thread may be changing the others.
fn store_output_half(at: u32, bits: u32) {
  let shift = 16u * (at % 2u);
  let before = (atomicLoad(&output_elements[at / 2u]) >> shift) & 0xffffu;
  atomicXor(&output_elements[at / 2u], (before ^ bits) << shift);
}

// Two results from an even place on.
fn store_output_two(at: u32, lower: u32, upper: u32) {
  atomicStore(&output_elements[at / 2u], lower | (upper << 16u));
}

fn store_output(i: u32, y: f32) {
  store_output_half(output_offset() + i, output_bits(y));
}

// Stores the first `left` of two results from an even place on.
fn store_output_left(left: i32, at: u32, lower: u32, upper: u32) {
  if (left >= 2) {
    store_output_two(at, lower, upper);
  } else if (left == 1) {
    store_output_half(at, lower);
  }
}

// Four neighbours from any place on, as far as the block has them.
fn store_output_unaligned(p: Place, k: u32, y: vec4<f32>) {
  let at = output_offset() + p.first + k;
  let left = i32(p.count) - i32(k);
  let bits = vec4<u32>(output_bits(y.x), output_bits(y.y), output_bits(y.z), output_bits(y.w));
  if (at % 2u == 0u) {
    store_output_left(left, at, bits.x, bits.y);
    store_output_left(left - 2, at + 2u, bits.z, bits.w);
  } else {
    store_output_left(min(left, 1), at, bits.x, 0u);
    store_output_left(left - 1, at + 1u, bits.y, bits.z);
    store_output_left(min(left - 3, 1), at + 3u, bits.w, 0u);
  }
}

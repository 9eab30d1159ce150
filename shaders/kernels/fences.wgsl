// The fences of kernels/expression.wgsl for functions that are handed out, which have no uniforms.
// `zero` is 0, and no compiler knows that.

fn fenced(x: f32, zero: u32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ zero);
}

// The number with these bits, which no compiler knows.
fn hidden(bits: u32, zero: u32) -> f32 {
  return bitcast<f32>(bits ^ zero);
}

// 0 for all bits: a square is 0, 1, 4 or 9 more than a multiple of 16, so that it never has both of
// the bits 4 and 8. Compilers follow each bit alone.
fn unknown_zero(bits: u32) -> u32 {
  let square = bits * bits;
  return (square >> 1u) & square & 4u;
}

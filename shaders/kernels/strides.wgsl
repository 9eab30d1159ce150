// The places of the elements of strided operands: the same struct as `Strides` in
// src/kernels/uniforms.rs.
struct Strides {
  start: u32,                                    // the index of the dispatch's first element
  dimensions: u32,
  shape: array<vec4<u32>, 6>,                    // divisors, the innermost dimension first
  strides: array<array<vec4<u32>, 3>, 6>,        // of each dimension, the stride of each operand
}

@group(0) @binding(13) var<uniform> strides: Strides;

// The distance of the i-th element of operand k from its first.
fn strided_offset(i: u32, k: u32) -> u32 {
  var rest = strides.start + i;
  var offset = 0u;
  for (var dimension = 0u; dimension < strides.dimensions; dimension++) {
    let size = strides.shape[dimension];
    let quotient = divide(rest, size);
    offset += (rest - quotient * size.x) * strides.strides[dimension][k / 4u][k % 4u];
    rest = quotient;
  }
  return offset;
}

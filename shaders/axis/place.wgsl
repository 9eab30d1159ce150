// Gives the place of a row, or of a block of one, and arithmetic that all axis functions share.

// `count` elements from place `first` on, uniforms.stride apart. `start` is the first element's
// index along the axis.
struct Place { index: u32, row: u32, first: u32, start: u32, count: u32 }

fn place(index: u32) -> Place {
  let before = index / uniforms.stride;
  let column = index - before * uniforms.stride;
  let outer = before / uniforms.blocks;
  let start = (before - outer * uniforms.blocks) * uniforms.block;
  let first = (outer * uniforms.length + start) * uniforms.stride + column;
  let count = min(uniforms.block, uniforms.length - start);
  return Place(index, outer * uniforms.stride + column, first, uniforms.start + start, count);
}

// NaN, from bits that are not known before run time: WGSL refuses constants that are NaN.
fn not_a_number() -> f32 {
  return bitcast<f32>(0x7fc00000u ^ bitcast<u32>(uniforms.zero));
}

fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & MAGNITUDE_BITS) < INFINITY_BITS;
}

// The order of -Inf.
const LOWEST: u32 = 0x00800000u;

const TWO_POW_24: f32 = 16777216.0;
const TWO_POW_60: f32 = 1.1529215e18;
const TWO_POW_MINUS_60: f32 = 8.6736174e-19;

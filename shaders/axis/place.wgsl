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

// x, seen by no optimiser.
fn hold(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ uniforms.zero);
}

// a + b without a rounding (Knuth).
fn two_sum(a: f32, b: f32) -> Pair {
  let sum = hold(a + b);
  let b_seen = hold(sum - a);
  let a_seen = hold(sum - b_seen);
  return Pair(sum, (a - a_seen) + (b - b_seen));
}

// a * b without a rounding: the products of halves are exact.
fn exact_product(a: f32, b: f32) -> Pair {
  let a_upper = upper(a);
  let b_upper = upper(b);
  let a_lower = a - a_upper;
  let b_lower = b - b_upper;
  let first = two_sum(hold(a_upper * b_upper), hold(a_upper * b_lower));
  let second = two_sum(first.hi, hold(a_lower * b_upper));
  return Pair(second.hi, (first.lo + second.lo) + a_lower * b_lower);
}

// NaN, from bits that are not stats before run time: constants that are NaN are refused.
fn not_a_number() -> f32 {
  return bitcast<f32>(0x7fc00000u ^ uniforms.zero);
}

fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) < 0x7f800000u;
}

// The order of numbers as that of integers, with -0 as +0 and with every NaN above the rest: max()
// of floats loses NaN.
fn rank(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let magnitude = i32(bits & 0x7fffffffu);
  return select(magnitude, -magnitude, bits > 0x80000000u && bits <= 0xff800000u);
}

// The number of this order.
fn of_rank(rank: i32) -> f32 {
  return bitcast<f32>(select(u32(rank), u32(-rank) | 0x80000000u, rank < 0));
}

// Of -Inf.
const LOWEST: i32 = -2139095040;

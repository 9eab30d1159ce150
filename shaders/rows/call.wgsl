// What one dispatch works on: the same struct as `Call` in src/kernels/rows/call.rs (a test compares the two).
struct Call {
  count: u32,       // blocks of rows that this dispatch computes
  row: u32,         // invocations (or workgroups) in one row of a two-dimensional dispatch
  length: u32,      // elements of a row
  inner: u32,       // from one of them to the next
  block: u32,       // elements of a block
  blocks: u32,      // blocks of a row
  start: u32,       // index along the axis of the first element
  x: u32,           // where each slice begins in its binding, in the binding's own units
  second: u32,
  output: u32,
  statistics: u32,
  first: u32,       // index in the mask of the first element
  period: u32,      // elements of the mask
  flip: u32,        // the sign bit, where x is negated
  zero: u32,        // 0, which no compiler knows
  empty_is_zero: u32,
  rate: vec4<f32>,  // 4 / temperature in two parts, the first of 12 bits; 1 / temperature with the gradient's sign; what rounds to
                    // 1/128 to 1/64 of the temperature: 1.5 * 2^23 of it
}

@group(0) @binding(0) var<uniform> call: Call;

// The position of an invocation in a dispatch whose workgroups fill rows.
fn position(id: vec3<u32>) -> u32 {
  return id.y * call.row + id.x;
}

// A block of a row: `count` elements from `first` on, call.inner apart; `start` is the index of the first along the axis.
struct Place { index: u32, row: u32, first: u32, start: u32, count: u32 }

fn place(index: u32) -> Place {
  let before = index / call.inner;
  let inner = index - before * call.inner;
  let outer = before / call.blocks;
  let start = (before - outer * call.blocks) * call.block;
  let first = (outer * call.length + start) * call.inner + inner;
  return Place(index, outer * call.inner + inner, first, call.start + start, min(call.block, call.length - start));
}

// x, seen by no optimiser.
fn hold(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ call.zero);
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

// NaN, from bits that are not known before run time: constants that are NaN are refused.
fn not_a_number() -> f32 {
  return bitcast<f32>(0x7fc00000u ^ call.zero);
}

fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) < 0x7f800000u;
}

// The order of numbers as that of integers, with -0 as +0 and with every NaN above the rest: max() of floats loses NaN.
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

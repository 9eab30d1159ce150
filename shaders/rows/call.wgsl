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
  zero: f32,        // 0, which no compiler knows
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

// NaN, from bits that are not known before run time: constants that are NaN are refused.
fn not_a_number() -> f32 {
  return bitcast<f32>(0x7fc00000u ^ bitcast<u32>(call.zero));
}

fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) < 0x7f800000u;
}

// The order of -Inf.
const LOWEST: u32 = 0x00800000u;

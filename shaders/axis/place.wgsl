// Gives the place of a row, or of a block of one, and what all axis functions share.

// What a row has besides its elements: a number, a sink, the indices of the elements that count, and
// its class.
struct OfRow { value: f32, sink: f32, first: u32, end: u32, target_class: u32 }

// Of the row of a place, or of one so many columns behind it. Past the end of a block its last
// element is read again, but no element counts.
fn of_row(p: Place, column: u32) -> OfRow {
  let counts = window(p.row + column);
  let end = min(counts.y, p.start + p.count);
  return OfRow(row_value(p.row + column), row_sink(p.first + column), counts.x, end, row_class(p.row + column));
}

fn of_row_in_all_lanes(own_row: OfRow) -> OfRow_vec4 {
  return OfRow_vec4(
    vec4<f32>(own_row.value), vec4<f32>(own_row.sink),
    vec4<u32>(own_row.first), vec4<u32>(own_row.end), vec4<u32>(own_row.target_class),
  );
}

// Of four rows that lie side by side.
fn of_columns(p: Place) -> OfRow_vec4 {
  let a = of_row(p, 0u);
  let b = of_row(p, 1u);
  let c = of_row(p, 2u);
  let d = of_row(p, 3u);
  return OfRow_vec4(
    vec4<f32>(a.value, b.value, c.value, d.value), vec4<f32>(a.sink, b.sink, c.sink, d.sink),
    vec4<u32>(a.first, b.first, c.first, d.first), vec4<u32>(a.end, b.end, c.end, d.end),
    vec4<u32>(a.target_class, b.target_class, c.target_class, d.target_class),
  );
}

// `count` elements from place `first` on, uniforms.stride apart. `start` is the first element's
// index along the axis. Of the thread of several neighbouring columns this is the place of the
// first one.
struct Place { index: u32, row: u32, first: u32, start: u32, count: u32 }

fn place(index: u32) -> Place {
  let before = divide(index, uniforms.run);
  let column = COLUMNS * (index - before * uniforms.run.x);
  let outer = divide(before, uniforms.blocks);
  let start = (before - outer * uniforms.blocks.x) * uniforms.block;
  let first = (outer * uniforms.length + start) * uniforms.stride + column;
  let count = min(uniforms.block, uniforms.length - start);
  return Place(COLUMNS * index, outer * uniforms.stride + column, first, uniforms.start + start, count);
}

// NaN, from bits that are not known before run time: WGSL refuses constants that are NaN.
fn not_a_number() -> f32 {
  return bitcast<f32>(0x7fc00000u ^ bitcast<u32>(f32(uniforms.zero)));
}

fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & MAGNITUDE_BITS) < INFINITY_BITS;
}

// The order of -Inf.
const LOWEST: u32 = 0x00800000u;

const TWO_POW_24: f32 = 16777216.0;
const TWO_POW_MINUS_23: f32 = 1.1920929e-7;
const TWO_POW_60: f32 = 1.1529215e18;
const TWO_POW_MINUS_60: f32 = 8.6736174e-19;

// The indices of four neighbours, from the first one's.
fn neighbours(k: u32) -> vec4<u32> {
  return k + vec4<u32>(0u, 1u, 2u, 3u);
}

fn largest_lane(lanes: vec4<u32>) -> u32 {
  return max(max(lanes.x, lanes.y), max(lanes.z, lanes.w));
}

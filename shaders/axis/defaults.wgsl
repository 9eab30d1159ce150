// Most reductions have this in common. They need no largest key, but the terms of all elements.
const NEEDS_TOP = false;
const NEEDS_TERMS = true;

// Most rows have nothing besides their elements, which all count.
const HAS_WINDOW = false;

fn row_value(row: u32) -> f32 {
  return 0.0;
}

fn row_sink(place: u32) -> f32 {
  return 0.0;
}

fn row_class(row: u32) -> u32 {
  return 0u;
}

fn window(row: u32) -> vec2<u32> {
  return vec2<u32>(0u, 0xffffffffu);
}

fn counted(e: Element, index: u32, own_row: OfRow) -> Element {
  return e;
}

fn nearest_counted(p: Place, k: u32, own_row: OfRow) -> u32 {
  return k;
}

fn counts_any(index: u32, own_row: OfRow) -> bool {
  return true;
}

fn row_top(top: u32, own_row: OfRow) -> u32 {
  return top;
}

fn row_total(all: Accumulator, top: u32, own_row: OfRow) -> Accumulator {
  return all;
}

fn row_statistics(stats: Stats, own_row: OfRow) -> Stats {
  return stats;
}

fn key(e: Element) -> u32 {
  return LOWEST;
}

// As merge(), for few accumulators, which are merged in pairs.
fn merge_few(a: Accumulator, b: Accumulator) -> Accumulator {
  return merge(a, b);
}

fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  return result_of(e.value, own, stats);
}

// What is stored of a result.
fn output_of(e: Element, y: f32) -> f32 {
  return y;
}

// Stores what a row has for results of its own, besides those of its elements.
fn store_row(row: u32, own_row: OfRow, stats: Stats) {
}

fn store_four_rows(row: u32, own_row: OfRow_vec4, stats: Stats_vec4) {
}

fn store_of_row(p: Place, own_row: OfRow, stats: Stats) {
  if (p.start == 0u) {
    store_row(p.row, own_row, stats);
  }
}

// The statistics of a row are its largest element, and the index of the first element that equals
// it. Gives key(), term(), row_stats() and an accumulator; needs read_x.wgsl.
const NEEDS_TOP = true;
const NO_INDEX: u32 = 0xffffffffu;

struct Accumulator { first: u32 }

fn empty() -> Accumulator {
  return Accumulator(NO_INDEX);
}

fn counted_if(a: Accumulator, counts: bool) -> Accumulator {
  return Accumulator(select_bits(NO_INDEX, a.first, counts));
}

fn merge(a: Accumulator, b: Accumulator) -> Accumulator {
  return Accumulator(min(a.first, b.first));
}

fn merged_lanes(a: Accumulator_vec4) -> Accumulator {
  return Accumulator(min(min(a.first.x, a.first.y), min(a.first.z, a.first.w)));
}

fn key(e: Element) -> u32 {
  return order(e.value);
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  return Accumulator(select_bits(NO_INDEX, index, order(e.value) == top));
}

fn row_stats(top: u32, all: Accumulator) -> Stats {
  return Stats(bitcast<u32>(of_order(top)), all.first);
}

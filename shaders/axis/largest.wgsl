// The statistics of a row are its largest element, and the index of the first element that equals
// it. Gives key(), term(), row_stats() and an accumulator; needs read_x.wgsl.
const NEEDS_TOP = true;
const NO_INDEX: u32 = 0xffffffffu;

struct Accumulator { first: u32 }

fn empty() -> Accumulator {
  return Accumulator(NO_INDEX);
}

fn counted_if(a: Accumulator, counts: bool) -> Accumulator {
  return Accumulator(select(NO_INDEX, a.first, counts));
}

fn merge(a: Accumulator, b: Accumulator) -> Accumulator {
  return Accumulator(min(a.first, b.first));
}

fn key(e: Element) -> u32 {
  return order(e.x);
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  return Accumulator(select(NO_INDEX, index, order(e.x) == top));
}

fn row_stats(top: u32, all: Accumulator) -> vec2<u32> {
  return vec2<u32>(bitcast<u32>(of_order(top)), all.first);
}

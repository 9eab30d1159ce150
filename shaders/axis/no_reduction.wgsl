// For results that need no other element of their row: nothing is read, and nothing is accumulated.
const NEEDS_TERMS = false;

struct Element { index: u32 }
struct Accumulator { unused: u32 }

fn element(i: u32) -> Element {
  return Element(i);
}

fn aligned_four(i: u32) -> Element_vec4 {
  return Element_vec4(vec4<u32>(i));
}

fn joined(a: Element, b: Element, c: Element, d: Element) -> Element_vec4 {
  return Element_vec4(vec4<u32>(a.index, b.index, c.index, d.index));
}

fn empty() -> Accumulator {
  return Accumulator(0u);
}

fn counted_if(a: Accumulator, counts: bool) -> Accumulator {
  return a;
}

fn merge(a: Accumulator, b: Accumulator) -> Accumulator {
  return a;
}

fn merged_lanes(a: Accumulator_vec4) -> Accumulator {
  return empty();
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  return empty();
}

fn row_stats(top: u32, all: Accumulator) -> Stats {
  return Stats(0u, 0u);
}

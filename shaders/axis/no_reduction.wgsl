// For results that need no other element of their row: nothing is read, and nothing is accumulated.
const NEEDS_TERMS = false;

struct Element { index: u32 }
struct Accumulator { unused: u32 }

fn element(i: u32) -> Element {
  return Element(i);
}

fn aligned_four(i: u32) -> Four {
  return Four(Element(i), Element(i + 1u), Element(i + 2u), Element(i + 3u));
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

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  return empty();
}

fn row_stats(top: u32, all: Accumulator) -> vec2<u32> {
  return vec2<u32>(0u);
}

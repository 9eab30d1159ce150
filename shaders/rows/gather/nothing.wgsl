// For results that need nothing of their row.
struct Gathered { first: u32 }
struct Element { index: u32 }

fn element(i: u32) -> Element {
  return Element(i);
}

fn aligned_four(i: u32) -> Four {
  return Four(Element(i), Element(i + 1u), Element(i + 2u), Element(i + 3u));
}

fn nothing() -> Gathered {
  return Gathered(0u);
}

fn counted(a: Gathered, counts: bool) -> Gathered {
  return a;
}

fn merge(a: Gathered, b: Gathered) -> Gathered {
  return a;
}

fn key(e: Element) -> u32 {
  return LOWEST;
}

fn term(e: Element, index: u32, top: u32) -> Gathered {
  return nothing();
}

fn statistic(top: u32, all: Gathered) -> vec2<u32> {
  return vec2<u32>(0u);
}

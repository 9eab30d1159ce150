// The first index at which something was found.
struct Gathered { first: u32 }

fn nothing() -> Gathered {
  return Gathered(0xffffffffu);
}

fn counted(a: Gathered, counts: bool) -> Gathered {
  return Gathered(select(0xffffffffu, a.first, counts));
}

fn merge(a: Gathered, b: Gathered) -> Gathered {
  return Gathered(min(a.first, b.first));
}

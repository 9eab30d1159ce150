// The first index at which something was found.
struct Gathered { first: u32 }

fn nothing() -> Gathered {
  return Gathered(0xffffffffu);
}

fn merge(a: Gathered, b: Gathered) -> Gathered {
  return Gathered(min(a.first, b.first));
}

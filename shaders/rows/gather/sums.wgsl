// A count, and a sum in two parts.
struct Gathered { count: u32, hi: f32, lo: f32 }

fn nothing() -> Gathered {
  return Gathered(0u, 0.0, 0.0);
}

// What is gathered, or nothing.
fn counted(a: Gathered, counts: bool) -> Gathered {
  return Gathered(select(0u, a.count, counts), select(0.0, a.hi, counts), select(0.0, a.lo, counts));
}

fn merge(a: Gathered, b: Gathered) -> Gathered {
  let sum = two_sum(a.hi, b.hi, call.zero);
  return Gathered(a.count + b.count, sum.hi, sum.lo + (a.lo + b.lo));
}

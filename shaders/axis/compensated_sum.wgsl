// An accumulator: a count, and a sum in two parts.
struct Accumulator { count: u32, hi: f32, lo: f32 }

fn empty() -> Accumulator {
  return Accumulator(0u, 0.0, 0.0);
}

fn counted_if(a: Accumulator, counts: bool) -> Accumulator {
  return Accumulator(select(0u, a.count, counts), select(0.0, a.hi, counts), select(0.0, a.lo, counts));
}

fn merge(a: Accumulator, b: Accumulator) -> Accumulator {
  let sum = two_sum(a.hi, b.hi, uniforms.zero);
  return Accumulator(a.count + b.count, sum.hi, sum.lo + (a.lo + b.lo));
}

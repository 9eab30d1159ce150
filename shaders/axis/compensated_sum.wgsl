// An accumulator: a count, and a sum in two parts.
struct Accumulator { count: u32, hi: f32, lo: f32 }

fn empty() -> Accumulator {
  return Accumulator(0u, 0.0, 0.0);
}

fn counted_if(a: Accumulator, counts: bool) -> Accumulator {
  return Accumulator(select_bits(0u, a.count, counts), select(0.0, a.hi, counts), select(0.0, a.lo, counts));
}

fn merge(a: Accumulator, b: Accumulator) -> Accumulator {
  let sum = two_sum(a.hi, b.hi, f32(uniforms.zero));
  return Accumulator(a.count + b.count, sum.hi, sum.lo + (a.lo + b.lo));
}

fn merged_lanes(a: Accumulator_vec4) -> Accumulator {
  return merge_few(
    merge_few(Accumulator(a.count.x, a.hi.x, a.lo.x), Accumulator(a.count.y, a.hi.y, a.lo.y)),
    merge_few(Accumulator(a.count.z, a.hi.z, a.lo.z), Accumulator(a.count.w, a.hi.w, a.lo.w)),
  );
}

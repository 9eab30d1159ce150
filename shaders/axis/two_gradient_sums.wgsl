// The statistics of a row are two sums of terms that a function makes of grad_output. `count`
// counts terms that are not finite, which make the sums NaN. Gives row_stats() and an accumulator,
// of which each sum has two parts; needs term().
struct Accumulator { count: u32, hi: f32, lo: f32, second_hi: f32, second_lo: f32 }

fn empty() -> Accumulator {
  return Accumulator(0u, 0.0, 0.0, 0.0, 0.0);
}

fn counted_if(a: Accumulator, counts: bool) -> Accumulator {
  return Accumulator(
    select_bits(0u, a.count, counts),
    select(0.0, a.hi, counts), select(0.0, a.lo, counts),
    select(0.0, a.second_hi, counts), select(0.0, a.second_lo, counts),
  );
}

fn merge(a: Accumulator, b: Accumulator) -> Accumulator {
  let first = two_sum(a.hi, b.hi, f32(uniforms.zero));
  let second = two_sum(a.second_hi, b.second_hi, f32(uniforms.zero));
  return Accumulator(a.count + b.count, first.hi, first.lo + (a.lo + b.lo), second.hi, second.lo + (a.second_lo + b.second_lo));
}

fn merged_lanes(a: Accumulator_vec4) -> Accumulator {
  return merge(
    merge(
      Accumulator(a.count.x, a.hi.x, a.lo.x, a.second_hi.x, a.second_lo.x),
      Accumulator(a.count.y, a.hi.y, a.lo.y, a.second_hi.y, a.second_lo.y),
    ),
    merge(
      Accumulator(a.count.z, a.hi.z, a.lo.z, a.second_hi.z, a.second_lo.z),
      Accumulator(a.count.w, a.hi.w, a.lo.w, a.second_hi.w, a.second_lo.w),
    ),
  );
}

fn row_stats(top: u32, all: Accumulator) -> Stats {
  let first = select(all.hi + all.lo, not_a_number(), all.count > 0u);
  return Stats(bitcast<u32>(first), bitcast<u32>(all.second_hi + all.second_lo));
}

fn two_terms(finite: bool, first: Pair, second: Pair) -> Accumulator {
  return Accumulator(
    select_bits(1u, 0u, finite),
    select(0.0, first.hi, finite), select(0.0, first.lo, finite),
    select(0.0, second.hi, finite), select(0.0, second.lo, finite),
  );
}

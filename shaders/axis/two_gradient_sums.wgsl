// The statistics of a row are two sums of terms that a function makes of grad_output. `count`
// counts terms that are not finite, which make the sums NaN. Gives row_stats() and an accumulator,
// of which each sum has two parts; needs term().
struct Accumulator { count: u32, hi: f32, lo: f32, second_hi: f32, second_lo: f32 }

fn empty() -> Accumulator {
  return Accumulator(0u, 0.0, 0.0, 0.0, 0.0);
}

fn counted_if(a: Accumulator, counts: bool) -> Accumulator {
  let one = select(vec4<f32>(0.0), vec4<f32>(a.hi, a.lo, a.second_hi, a.second_lo), counts);
  return Accumulator(select(0u, a.count, counts), one.x, one.y, one.z, one.w);
}

fn merge(a: Accumulator, b: Accumulator) -> Accumulator {
  let first = two_sum(a.hi, b.hi, uniforms.zero);
  let second = two_sum(a.second_hi, b.second_hi, uniforms.zero);
  return Accumulator(a.count + b.count, first.hi, first.lo + (a.lo + b.lo), second.hi, second.lo + (a.second_lo + b.second_lo));
}

fn row_stats(top: u32, all: Accumulator) -> vec2<u32> {
  let first = select(all.hi + all.lo, not_a_number(), all.count > 0u);
  return vec2<u32>(bitcast<u32>(first), bitcast<u32>(all.second_hi + all.second_lo));
}

fn two_terms(finite: bool, first: Pair, second: Pair) -> Accumulator {
  let all = Accumulator(0u, first.hi, first.lo, second.hi, second.lo);
  if (finite) {
    return all;
  }
  return Accumulator(1u, 0.0, 0.0, 0.0, 0.0);
}

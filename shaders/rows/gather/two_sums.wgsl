// A count, and two sums, each in two parts. `count` counts what is not finite, which makes the sums NaN.
struct Gathered { count: u32, hi: f32, lo: f32, second_hi: f32, second_lo: f32 }

fn nothing() -> Gathered {
  return Gathered(0u, 0.0, 0.0, 0.0, 0.0);
}

fn counted(a: Gathered, counts: bool) -> Gathered {
  let one = select(vec4<f32>(0.0), vec4<f32>(a.hi, a.lo, a.second_hi, a.second_lo), counts);
  return Gathered(select(0u, a.count, counts), one.x, one.y, one.z, one.w);
}

fn merge(a: Gathered, b: Gathered) -> Gathered {
  let first = two_sum(a.hi, b.hi, call.zero);
  let second = two_sum(a.second_hi, b.second_hi, call.zero);
  return Gathered(a.count + b.count, first.hi, first.lo + (a.lo + b.lo), second.hi, second.lo + (a.second_lo + b.second_lo));
}

fn statistic(top: u32, all: Gathered) -> vec2<u32> {
  let first = select(all.hi + all.lo, not_a_number(), all.count > 0u);
  return vec2<u32>(bitcast<u32>(first), bitcast<u32>(all.second_hi + all.second_lo));
}

// There is no highest key among them: NEEDS_TOP is false.
fn key(e: Element) -> u32 {
  return LOWEST;
}

fn two_terms(finite: bool, first: Pair, second: Pair) -> Gathered {
  let all = Gathered(0u, first.hi, first.lo, second.hi, second.lo);
  if (finite) {
    return all;
  }
  return Gathered(1u, 0.0, 0.0, 0.0, 0.0);
}

// Gives result_of(), and the steps of the search; needs threshold.wgsl.

// x - threshold where that is positive, else 0. The results add up to 1, so that f is
// sum(q) - 1, and the threshold is at least 1 below the largest element.
const START: f32 = -1.0;

fn part(q: Pair) -> Accumulator {
  return Accumulator(1.0, q.hi, q.lo);
}

// (sum(q) - 1) / count in two parts: a step ends at the threshold of those elements that count.
fn step(all: Accumulator) -> Pair {
  let f = two_sum(all.hi, -1.0, f32(uniforms.zero));
  let inverse = 1.0 / all.slope;
  let hi = opt_barrier(f.hi * inverse, f32(uniforms.zero));
  let p = two_prod(hi, all.slope, f32(uniforms.zero));
  let rest = opt_barrier(f.hi - p.hi, f32(uniforms.zero)) - p.lo;
  return Pair(hi, (rest + (f.lo + all.lo)) * inverse);
}

// If as many elements count as before, they are the same ones.
fn is_last(search: Search, all: Accumulator, by: Pair) -> bool {
  return all.slope >= search.slope;
}

fn result_of(x: f32, own: Accumulator, stats: Stats) -> f32 {
  let q = found_excess(own, stats);
  return if_above(q.hi + q.lo, q, stats);
}

// Gives result_of(), and the steps of the search; needs threshold.wgsl.

// (q / 2)^2 for q = x - threshold where that is positive, else 0. The results add up to 1, so that
// sum(q^2) is 4, and the threshold is at least 2 below the largest element.
const START: f32 = -2.0;

const TWO_POW_MINUS_41: f32 = 4.5474735e-13;

fn part(q: Pair) -> Accumulator {
  let square = two_prod(q.hi, q.hi, f32(uniforms.zero));
  return Accumulator(q.hi + q.lo, square.hi, square.lo + 2.0 * q.hi * q.lo);
}

// A step for the root R of sum(q^2), which is nearly a line far from the threshold:
// (R - 2) R / sum(q), where R - 2 is (sum(q^2) - 4) / (R + 2).
fn step(all: Accumulator) -> Pair {
  let f = opt_barrier(all.hi - 4.0, f32(uniforms.zero)) + all.lo;
  let root = all.hi * inverseSqrt(all.hi);
  return Pair(f * root / ((root + 2.0) * all.slope), 0.0);
}

// After a step h, f is count h^2 at most, of which sum(q) is half the slope. Since sum(q) q is 4 or
// more for the largest q, this leaves an error of 2^-44 of that q. The roundings of h are smaller.
fn is_last(search: Search, all: Accumulator, by: Pair) -> bool {
  return f32(u32(uniforms.length)) * by.hi * by.hi <= TWO_POW_MINUS_41;
}

fn result_of(x: f32, own: Accumulator, stats: Stats) -> f32 {
  let q = found_excess(own, stats);
  let square = part(q);
  return if_above(0.25 * (square.hi + square.lo), q, stats);
}

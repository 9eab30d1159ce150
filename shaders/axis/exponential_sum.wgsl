// The statistics of a row are its largest logit, and R: the sum of e^((x - largest) / temperature)
// over all other elements. The 1 of the largest element stays apart, so that log(1 + R) is right
// relative to itself where R is tiny. R carries a factor of 2^24, so that its terms are normal
// numbers where R is. Gives key(), term(), row_stats(), logsumexp_result() and functions of R; needs
// elements of x and compensated_sum.wgsl.
const NEEDS_TOP = true;

fn key(e: Element) -> u32 {
  return order(e.value);
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  return exponential_term(e.value, top);
}

// `count` counts the elements that equal the largest.
fn exponential_term(x: f32, top: u32) -> Accumulator {
  return Accumulator(select_bits(0u, 1u, order(x) == top), exponential_below(x, top), 0.0);
}

// What a block, or a row, adds to the sum, from its statistics.
fn term_of_stats(stats: Stats, top: u32) -> Accumulator {
  return Accumulator(select_bits(0u, 1u, order(bitcast<f32>(stats.first)) == top), exponentials_below(stats, top), 0.0);
}

// All terms have one sign: one rounding each time that their number doubles does little harm.
fn merge_few(a: Accumulator, b: Accumulator) -> Accumulator {
  return Accumulator(a.count + b.count, a.hi + b.hi, a.lo + b.lo);
}

fn row_stats(top: u32, all: Accumulator) -> Stats {
  return Stats(bitcast<u32>(of_order(top)), bits_of_others(all.count, all.hi + all.lo));
}

// R, from the number of elements that equal the largest, of which one stays apart, and the sum of the
// exponentials of the others.
fn bits_of_others(count: u32, sum: f32) -> u32 {
  return bitcast<u32>(f32(max(count, 1u) - 1u) * TWO_POW_24 + sum);
}

// R without its factor.
fn sum_of_others(stats: Stats) -> f32 {
  return opt_barrier(bitcast<f32>(stats.second), f32(uniforms.zero)) * TWO_POW_MINUS_24;
}

// (x - top) / temperature in two parts. x and top are split into whole multiples of a power of two,
// and a rest. Up to 104 temperatures the multiples differ by at most 2^12, so that the product of
// their difference and 12 bits is exact. Quarters of x and top cannot overflow; a part of x below
// 2^-100 never matters. The barrier of a product says which one a compiler may fuse with the sum.
fn argument(x: f32, top: f32) -> Pair {
  let x_upper = opt_barrier(0.25 * x + uniforms.rate.w, f32(uniforms.zero)) - uniforms.rate.w;
  let top_upper = opt_barrier(0.25 * top + uniforms.rate.w, f32(uniforms.zero)) - uniforms.rate.w;
  let hi = x_upper - top_upper;
  let lo = opt_barrier(0.25 * x - x_upper, f32(uniforms.zero)) - opt_barrier(0.25 * top - top_upper, f32(uniforms.zero));
  let rest = opt_barrier(lo * (uniforms.rate.x + uniforms.rate.y), f32(uniforms.zero));
  return Pair(hi * uniforms.rate.x, rest + hi * uniforms.rate.y);
}

// z, but at least -most, also for -Inf, whose lower part is NaN.
fn at_least(z: Pair, most: f32) -> Pair {
  let hi = -magnitude(z.hi, most);
  return Pair(hi, select(0.0, z.lo, hi > -most));
}

// 2^24 e^((x - top) / temperature).
fn scaled_exponential(x: f32, top: f32) -> f32 {
  return exp_of(exp_parts_of(at_least(argument(x, top), EXP_LIMIT_24), MAGIC_151));
}

// The same of an element, but 0 of one that equals the largest.
fn exponential_below(x: f32, top: u32) -> f32 {
  return select(scaled_exponential(x, of_order(top)), 0.0, order(x) == top);
}

// The same of all elements of a block, without one that equals the largest.
fn exponentials_below(stats: Stats, top: u32) -> f32 {
  let largest = bitcast<f32>(stats.first);
  let all = scaled_exponential(largest, of_order(top)) * (sum_of_others(stats) + 1.0);
  return select(all, bitcast<f32>(stats.second), order(largest) == top);
}

// log(1 + R) to 2 ulp, as that of 2^k (1 + E). k is 0 up to R = 1.
fn log1p(R: f32) -> f32 {
  let bits = bitcast<u32>(R + 1.0);
  let large = R >= 1.0;
  let E = select(R, bitcast<f32>((bits & MANTISSA_BITS) | 0x3f800000u) - 1.0, large);
  // The exponent becomes the last bits of 2^23 + exponent; 2^23 and the bias are subtracted again.
  let k = select(0.0, bitcast<f32>((bits >> 23u) | TWO_POW_23_BITS) - 8388735.0, large);
  return k * LN_2_HIGH + (k * LN_2_LOW + (E - E * E * log1p_rest(E)));
}

// largest / temperature + log(1 + R).
fn log_sum(stats: Stats) -> f32 {
  let top = bitcast<f32>(stats.first);
  let z = argument(top, 0.0);
  return select(top, z.hi + (z.lo + log1p(sum_of_others(stats))), is_finite(top));
}

fn logsumexp_result(own_row: OfRow, stats: Stats) -> f32 {
  return log_sum(stats);
}

// The largest logit of a row, and R, the sum of e^((x - largest) / temperature) over all others: the 1 of the largest itself
// stays apart, so that log(1 + R) is right relative to itself where R is tiny. R carries 2^24, so that its terms are
// normal where R is.

// (x - top) / temperature in two parts: differences of whole multiples of a power of two, at most 2^12 of them up to 104 temperatures, so
// that their product with 12 bits is exact, and of what is left of x and top. Quarters cannot overflow; a part of x below 2^-100 never
// matters.
fn argument(x: f32, top: f32) -> Pair {
  let x_upper = opt_barrier(0.25 * x + call.rate.w, call.zero) - call.rate.w;
  let top_upper = opt_barrier(0.25 * top + call.rate.w, call.zero) - call.rate.w;
  let hi = x_upper - top_upper;
  let lo = opt_barrier(0.25 * x - x_upper, call.zero) - opt_barrier(0.25 * top - top_upper, call.zero);
  return Pair(hi * call.rate.x, lo * (call.rate.x + call.rate.y) + hi * call.rate.y);
}

// -most at least, also of -Inf, whose rest is NaN.
fn at_least(z: Pair, most: f32) -> Pair {
  let hi = -magnitude(z.hi, most);
  return Pair(hi, select(0.0, z.lo, hi > -most));
}

// 2^24 e^((x - top) / temperature).
fn scaled_exponential(x: f32, top: f32) -> f32 {
  return exp_of(exp_parts_of(at_least(argument(x, top), 104.5), 12583063.0));
}

// Sums of numbers of one sign: a rounding for each time that their number doubles does little harm.
fn merge_few(a: Gathered, b: Gathered) -> Gathered {
  return Gathered(a.count + b.count, a.hi + b.hi, a.lo + b.lo);
}

fn statistic(top: u32, all: Gathered) -> vec2<u32> {
  // One of those that equal the largest is the one that stays apart.
  let others = f32(max(all.count, 1u) - 1u) * 16777216.0;
  return vec2<u32>(bitcast<u32>(of_order(top)), bitcast<u32>(others + (all.hi + all.lo)));
}

// R.
fn others(known: vec2<u32>) -> f32 {
  return opt_barrier(bitcast<f32>(known.y), call.zero) * 5.9604645e-8;
}

// log(1 + R) to 2 ulp: that of 2^k (1 + E), with k = 0 up to R = 1.
fn log1p(R: f32) -> f32 {
  let bits = bitcast<u32>(R + 1.0);
  let large = R >= 1.0;
  let E = select(R, bitcast<f32>((bits & 0x007fffffu) | 0x3f800000u) - 1.0, large);
  // The exponent as the last bits of 2^23 + it, minus 2^23 and its bias.
  let k = select(0.0, bitcast<f32>((bits >> 23u) | 0x4b000000u) - 8388735.0, large);
  return k * 0.693145752 + (k * 1.42860677e-6 + (E - E * E * log1p_rest(E)));
}

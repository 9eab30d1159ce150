// The statistics of a row are its threshold t, relative to the row's largest element, in two parts.
// An element x counts if it is above: its excess is q = x - largest - t. The sum of q^p over all that
// count must be START^p; the p of sparsemax is 1, and that of entmax15 is 2. A function gives START,
// which is never above t, part(q), step(all) and is_last(search, all, by).
//
// The difference of the two, f(t), is convex and falls, and so is that of their p-th roots. Newton's
// method from the left therefore never passes the threshold, and every step divides the product of
// f and its slope by four or more: the quotients of the two, from one step to the next, add up to one
// at most. For a row of n elements the product is at most n^2 at first, and a slope is at least 1, so
// that 22 + 1.5 log2(n) steps leave an f, and an error of t, of 2^-44 / n. |t| is at least 1 / n, since
// no result is above |t|^p. MOST_STEPS are enough for 2^32 elements. Few rows need ten.
//
// Gives key(), term(), an accumulator and the search; needs elements of x.
const NEEDS_TOP = true;
const MOST_STEPS = 70u;

// No element that is so far below the largest one counts.
const FAR: f32 = 4.0;

// The slope of f without its sign and its factor p, and the sum of q^p in two parts. The own one of
// an element has its distance x - largest in place of the sum, and 1 for the slope if it counts.
struct Accumulator { slope: f32, hi: f32, lo: f32 }

// A threshold, and the slope that an earlier one had.
struct Search { hi: f32, lo: f32, slope: f32, is_found: u32 }

fn empty() -> Accumulator {
  return Accumulator(0.0, 0.0, 0.0);
}

fn counted_if(a: Accumulator, counts: bool) -> Accumulator {
  return Accumulator(select(0.0, a.slope, counts), a.hi, a.lo);
}

fn merge(a: Accumulator, b: Accumulator) -> Accumulator {
  let sum = two_sum(a.hi, b.hi, f32(uniforms.zero));
  return Accumulator(a.slope + b.slope, sum.hi, sum.lo + (a.lo + b.lo));
}

fn merged_lanes(a: Accumulator_vec4) -> Accumulator {
  return merge(
    merge(Accumulator(a.slope.x, a.hi.x, a.lo.x), Accumulator(a.slope.y, a.hi.y, a.lo.y)),
    merge(Accumulator(a.slope.z, a.hi.z, a.lo.z), Accumulator(a.slope.w, a.hi.w, a.lo.w)),
  );
}

fn key(e: Element) -> u32 {
  return order(e.value);
}

// If the largest element is not finite, every element is far below it, so that none counts.
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let distance = two_sum(e.value, -of_order(top), f32(uniforms.zero));
  let hi = -magnitude(distance.hi, FAR);
  return Accumulator(1.0, hi, select(0.0, distance.lo, hi > -FAR));
}

// q of an element, which is negative if the element does not count.
fn excess(own: Accumulator, hi: f32, lo: f32) -> Pair {
  let q = two_sum(select(-FAR, own.hi, own.slope > 0.0), -hi, f32(uniforms.zero));
  return Pair(q.hi, q.lo + (own.lo - lo));
}

// q of an element at the threshold that was found.
fn found_excess(own: Accumulator, stats: Stats) -> Pair {
  return excess(own, bitcast<f32>(stats.first), bitcast<f32>(stats.second));
}

// y of an element that counts, else 0, and NaN if the threshold is NaN.
fn if_above(y: f32, q: Pair, stats: Stats) -> f32 {
  return keep_nan(select(0.0, y, q.hi + q.lo > 0.0), bitcast<f32>(stats.first));
}

// What an element adds at a threshold.
fn above(own: Accumulator, hi: f32, lo: f32) -> Accumulator {
  let q = excess(own, hi, lo);
  let all = part(q);
  let counts = q.hi + q.lo > 0.0;
  return Accumulator(select(0.0, all.slope, counts), select(0.0, all.hi, counts), select(0.0, all.lo, counts));
}

fn first_search() -> Search {
  return Search(START, 0.0, F32_MAX, 0u);
}

// One step. A search that has found its threshold stays where it is, whatever its neighbours in
// other lanes do, and so does one of which no element counts.
fn improved(search: Search, all: Accumulator) -> Search {
  let by = step(all);
  let stays = (search.is_found == 1u) | !(all.slope > 0.0);
  let sum = two_sum(search.hi, by.hi, f32(uniforms.zero));
  let lo = search.lo + (sum.lo + by.lo);
  return Search(
    select(sum.hi, search.hi, stays), select(lo, search.lo, stays), all.slope,
    select_bits(0u, 1u, stays | is_last(search, all, by)),
  );
}

// A row of nothing but -Inf, one with +Inf and one with NaN have no threshold.
fn found_stats(top: u32, search: Search) -> Stats {
  let largest = of_order(top);
  let is_empty = (u32(uniforms.empty_is_zero) == 1u) & (bitcast<u32>(largest) == MINUS_INFINITY_BITS);
  let none = select(not_a_number(), FAR, is_empty);
  return Stats(bitcast<u32>(select(none, search.hi, is_finite(largest))), bitcast<u32>(search.lo));
}

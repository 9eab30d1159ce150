// Gives what exponential_sum.wgsl adds up besides exponentials, result(), reduced() and loss_result().

// The loss of a row is sum(share_i (lse - x_i)) + z_loss lse^2, where lse is its log-sum-exp. Of a
// label that is smoothed by s, over C classes, the target's share is 1 - s + s / C of its weight, and
// that of the others is s / C of theirs. With x_i = largest - distance_i it is the sum of two numbers
// that are not negative: the weight of all shares times log(1 + R), and the distances.
struct Accumulator { count: u32, hi: f32, lo: f32, weight: f32, distance: f32 }

fn empty() -> Accumulator {
  return Accumulator(0u, 0.0, 0.0, 0.0, 0.0);
}

fn counted_if(a: Accumulator, counts: bool) -> Accumulator {
  return Accumulator(
    select_bits(0u, a.count, counts), select(0.0, a.hi, counts), select(0.0, a.lo, counts),
    select(0.0, a.weight, counts), select(0.0, a.distance, counts),
  );
}

fn merge(a: Accumulator, b: Accumulator) -> Accumulator {
  let sum = two_sum(a.hi, b.hi, f32(uniforms.zero));
  return Accumulator(a.count + b.count, sum.hi, sum.lo + (a.lo + b.lo), a.weight + b.weight, a.distance + b.distance);
}

fn merge_few(a: Accumulator, b: Accumulator) -> Accumulator {
  return Accumulator(a.count + b.count, a.hi + b.hi, a.lo + b.lo, a.weight + b.weight, a.distance + b.distance);
}

fn merged_lanes(a: Accumulator_vec4) -> Accumulator {
  return merge_few(
    merge_few(
      Accumulator(a.count.x, a.hi.x, a.lo.x, a.weight.x, a.distance.x),
      Accumulator(a.count.y, a.hi.y, a.lo.y, a.weight.y, a.distance.y),
    ),
    merge_few(
      Accumulator(a.count.z, a.hi.z, a.lo.z, a.weight.z, a.distance.z),
      Accumulator(a.count.w, a.hi.w, a.lo.w, a.weight.w, a.distance.w),
    ),
  );
}

// The share of an element, from the weight of its class.
fn counted(e: Element, index: u32, own_row: OfRow) -> Element {
  let share = e.share * select(f32(uniforms.parameters.y), f32(uniforms.parameters.z), index == own_row.target_class);
  return with_share(e, share);
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let is_top = order(e.value) == top;
  let distance = scaled(e.share, of_order(top) - e.value);
  return Accumulator(select_bits(0u, 1u, is_top), exponential_below(e.value, top), 0.0, e.share, distance);
}

fn term_of_stats(stats: Stats, top: u32) -> Accumulator {
  let largest = bitcast<f32>(stats.first);
  let weight = bitcast<f32>(stats.weight);
  let distance = bitcast<f32>(stats.distance) + scaled(weight, of_order(top) - largest);
  return Accumulator(select_bits(0u, 1u, order(largest) == top), exponentials_below(stats, top), 0.0, weight, distance);
}

fn row_stats(top: u32, all: Accumulator) -> Stats {
  let others = bits_of_others(all.count, all.hi + all.lo);
  return Stats(bitcast<u32>(of_order(top)), others, bitcast<u32>(all.weight), bitcast<u32>(all.distance));
}

fn is_ignored(own_row: OfRow) -> bool {
  return own_row.target_class == u32(uniforms.ignore_index);
}

// y, but 0 in a row that is ignored, and NaN in one whose class does not exist or that has no largest
// element.
fn of_valid_row(y: f32, own_row: OfRow, stats: Stats) -> f32 {
  let is_valid = (own_row.target_class < u32(uniforms.classes)) & is_finite(bitcast<f32>(stats.first));
  return select(select(not_a_number(), y, is_valid), 0.0, is_ignored(own_row));
}

fn loss_result(own_row: OfRow, stats: Stats) -> f32 {
  let logarithm = scaled(bitcast<f32>(stats.weight), log1p(sum_of_others(stats)));
  let lse = log_sum(stats);
  let loss = opt_barrier(logarithm + bitcast<f32>(stats.distance), f32(uniforms.zero)) + uniforms.parameters.w * lse * lse;
  // The mean of no rows at all is 0 / 0.
  return of_valid_row(loss, own_row, stats) * loss_scale();
}

fn reduced(own_row: OfRow, stats: Stats) -> f32 {
  return loss_result(own_row, stats);
}

// The gradient: (weight + 2 z_loss lse) e^(x - lse) - share. The e^(x - lse) of the largest element is
// 1 - R / (1 + R). If it has most of the label, the 1 is taken out, since it may cancel the share.
fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  let R = sum_of_others(stats);
  let inverse = reciprocal(R + 1.0);
  let of_lse = 2.0 * uniforms.parameters.w * log_sum(stats);
  let weight = bitcast<f32>(stats.weight);
  let factor = weight + of_lse;
  let is_top = own.count == 1u;
  let of_top = ((weight - e.share) + of_lse) - opt_barrier(factor * (R * inverse), f32(uniforms.zero));
  let probability = opt_barrier(select(own.hi, TWO_POW_24, is_top) * inverse, f32(uniforms.zero)) * TWO_POW_MINUS_24;
  let of_any = opt_barrier(factor * probability, f32(uniforms.zero)) - e.share;
  let gradient = select(of_any, of_top, is_top & (abs(e.share) > 0.5 * abs(weight)));
  return of_valid_row(gradient * (own_row.value * loss_scale()), own_row, stats);
}

// The gradient of a threshold: each element has a weight w, which is 0 where the output is 0, and
// the gradient is w times the difference of grad_output and its mean by these weights. The
// statistics of a row are the sum of w grad_output and that of w, each in two parts. Gives term(), row_stats() and result(); needs weight(), two_gradient_sums.wgsl and elements of y.
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let w = weight(e.saved);
  let p = two_prod(w.hi, e.grad_output, f32(uniforms.zero));
  return two_terms(is_finite(e.saved) & is_finite(e.grad_output), Pair(p.hi, p.lo + w.lo * e.grad_output), w);
}

fn row_stats(top: u32, all: Accumulator) -> Stats {
  let sum = two_sum(all.hi, all.lo, f32(uniforms.zero));
  let weights = two_sum(all.second_hi, all.second_lo, f32(uniforms.zero));
  let hi = select(sum.hi, not_a_number(), all.count > 0u);
  return Stats(bitcast<u32>(hi), bitcast<u32>(sum.lo), bitcast<u32>(weights.hi), bitcast<u32>(weights.lo));
}

fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  let sum = Pair(bitcast<f32>(stats.first), bitcast<f32>(stats.second));
  let weights = Pair(bitcast<f32>(stats.third), bitcast<f32>(stats.fourth));
  // The mean in two parts. Where grad_output is near it, the difference would have no correct digit
  // with one.
  let inverse = 1.0 / weights.hi;
  let hi = opt_barrier(sum.hi * inverse, f32(uniforms.zero));
  let p = two_prod(hi, weights.hi, f32(uniforms.zero));
  let rest = opt_barrier(sum.hi - p.hi, f32(uniforms.zero)) - p.lo;
  let lo = (rest + (sum.lo - hi * weights.lo)) * inverse;
  let d = two_sum(e.grad_output, -hi, f32(uniforms.zero));
  let w = weight(e.saved);
  let gradient = select(0.0, (w.hi + w.lo) * (d.hi + (d.lo - lo)), w.hi > 0.0);
  return select(not_a_number(), gradient, is_finite(sum.hi));
}

// A sum over a row, in two parts, of terms of the gradient with respect to its output. `count` counts what is not finite,
// which makes the sum NaN.
fn statistic(top: u32, all: Gathered) -> vec2<u32> {
  let sum = two_sum(all.hi, all.lo, call.zero);
  return vec2<u32>(bitcast<u32>(select(sum.hi, not_a_number(), all.count > 0u)), bitcast<u32>(sum.lo));
}

fn gathered_if_finite(finite: bool, hi: f32, lo: f32) -> Gathered {
  return Gathered(select(1u, 0u, finite), select(0.0, hi, finite), select(0.0, lo, finite));
}

// There is no highest key among them: NEEDS_TOP is false.
fn key(e: Element) -> u32 {
  return LOWEST;
}

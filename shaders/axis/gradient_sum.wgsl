// The statistics of a row are a sum, in two parts, of terms that a function makes of grad_output.
// `count` counts terms that are not finite, which make the sum NaN. Gives row_stats(); needs term()
// and compensated_sum.wgsl.
fn row_stats(top: u32, all: Accumulator) -> Stats {
  let sum = two_sum(all.hi, all.lo, f32(uniforms.zero));
  return Stats(bitcast<u32>(select(sum.hi, not_a_number(), all.count > 0u)), bitcast<u32>(sum.lo));
}

fn finite_term(finite: bool, hi: f32, lo: f32) -> Accumulator {
  return Accumulator(select_bits(1u, 0u, finite), select(0.0, hi, finite), select(0.0, lo, finite));
}

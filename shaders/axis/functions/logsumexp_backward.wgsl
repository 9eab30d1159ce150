// Gives result() and row_value(); needs exponential_sum.wgsl.

// grad_output e^(x - largest) / (1 + R). If |grad_output| is above 1, the result may be normal
// where e^(x - largest) is not: then the power of two carries a factor of 2^24, and grad_output one
// of 2^-24.
fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  let top = bitcast<f32>(stats.first);
  let grad_output = own_row.value;
  let large = abs(grad_output) > 1.0;
  let parts = exp_parts_of(at_least(argument(e.value, top), select(EXP_LIMIT, EXP_LIMIT_24, large)), select(MAGIC_127, MAGIC_151, large));
  let weight = opt_barrier(grad_output * select(1.0, TWO_POW_MINUS_24, large), f32(uniforms.zero)) * reciprocal(sum_of_others(stats) + 1.0);
  let gradient = scaled(opt_barrier((parts.q + 1.0) * pow2(parts.t), f32(uniforms.zero)), opt_barrier(weight, f32(uniforms.zero)));
  return select(not_a_number(), gradient, is_finite(top));
}

fn row_value(row: u32) -> f32 {
  return grad_output_element(row);
}

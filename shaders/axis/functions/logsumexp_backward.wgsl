// Gives result(); needs exponential_sum.wgsl.

// grad_output e^(x - largest) / (1 + R). If |grad_output| is above 1, the result may be normal
// where e^(x - largest) is not: then the power of two carries a factor of 2^24, and grad_output one
// of 2^-24.
fn result(e: Element, own: Accumulator, index: u32, row: u32, stats: vec2<u32>) -> f32 {
  let top = bitcast<f32>(stats.x);
  let grad_output = grad_output_element(row);
  let large = abs(grad_output) > 1.0;
  let parts = exp_parts_of(at_least(argument(e.x, top), select(EXP_LIMIT, EXP_LIMIT_24, large)), select(MAGIC_127, MAGIC_151, large));
  let weight = opt_barrier(grad_output * select(1.0, TWO_POW_MINUS_24, large), uniforms.zero) * reciprocal(sum_of_others(stats) + 1.0);
  let gradient = scaled(opt_barrier((parts.q + 1.0) * pow2(parts.t), uniforms.zero), opt_barrier(weight, uniforms.zero));
  return select(not_a_number(), gradient, is_finite(top));
}

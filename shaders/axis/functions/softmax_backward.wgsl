// Gives term() and result(); needs gradient_sum.wgsl.

// (grad_output - sum(y grad_output)) y / temperature. Where y is near 1, the two terms nearly
// cancel. The sum is right to 2^-46 of its terms, so that their difference is right, too.
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let p = two_prod(e.y, e.grad_output, uniforms.zero);
  return finite_term(is_finite(e.y) && is_finite(e.grad_output), p.hi, p.lo);
}

fn result(e: Element, own: Accumulator, index: u32, row: u32, stats: vec2<u32>) -> f32 {
  let sum = bitcast<f32>(stats.x);
  // The difference may be twice the largest number, although its product with y is small.
  let large = max(abs(e.grad_output), abs(sum)) > 1e38;
  let scale = select(1.0, 0.25, large);
  let d = two_sum(opt_barrier(scale * e.grad_output, uniforms.zero), opt_barrier(-scale * sum, uniforms.zero), uniforms.zero);
  let difference = d.hi + (d.lo - scale * bitcast<f32>(stats.y));
  // The order of the products keeps the first one from overflow and from underflow.
  let small = abs(difference) < 1.0;
  let first = opt_barrier(difference * select(e.y, uniforms.rate.z, small), uniforms.zero);
  let gradient = opt_barrier(first * select(uniforms.rate.z, e.y, small), uniforms.zero) * select(1.0, 4.0, large);
  return select(not_a_number(), gradient, is_finite(sum));
}

// Gives term(), result() and sink_gradient(); needs gradient_sum.wgsl.

// (grad_output - sum(y grad_output)) y / temperature. Where y is near 1, the two terms nearly
// cancel. The sum is right to 2^-46 of its terms, so that their difference is right, too.
fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let p = two_prod(e.saved, e.grad_output, f32(uniforms.zero));
  return finite_term(is_finite(e.saved) & is_finite(e.grad_output), p.hi, p.lo);
}

fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  return gradient(e.saved, e.grad_output, stats);
}

// Nothing depends on a sink's own result, so that its grad_output is 0. softmin does not negate it.
fn sink_gradient(own_row: OfRow, stats: Stats) -> f32 {
  return negated(gradient(own_row.value, 0.0, stats));
}

fn gradient(y: f32, grad_output: f32, stats: Stats) -> f32 {
  let sum = bitcast<f32>(stats.first);
  // The difference may be twice the largest number, although its product with y is small.
  let large = max(abs(grad_output), abs(sum)) > 1e38;
  let scale = select(1.0, 0.25, large);
  let d = two_sum(opt_barrier(scale * grad_output, f32(uniforms.zero)), opt_barrier(-scale * sum, f32(uniforms.zero)), f32(uniforms.zero));
  let difference = d.hi + (d.lo - scale * bitcast<f32>(stats.second));
  // The order of the products keeps the first one from overflow and from underflow.
  let small = abs(difference) < 1.0;
  let first = opt_barrier(difference * select(y, f32(uniforms.rate.z), small), f32(uniforms.zero));
  let product = opt_barrier(first * select(f32(uniforms.rate.z), y, small), f32(uniforms.zero)) * select(1.0, 4.0, large);
  return select(not_a_number(), product, is_finite(sum));
}

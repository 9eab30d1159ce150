// (grad_output - sum(y grad_output)) y / temperature. Where y is near 1, the two terms nearly
// cancel. The sum is right to 2^-46 of its terms, so that their difference is right, too.
fn term(e: Element, index: u32, top: i32) -> Accumulator {
  let p = exact_product(e.y, e.grad_output);
  return finite_term(is_finite(e.y) && is_finite(e.grad_output), p.hi, p.lo);
}

fn result(e: Element, own: Accumulator, index: u32, row: u32, stats: vec2<u32>) -> f32 {
  let sum = bitcast<f32>(stats.x);
  // The difference may be twice the largest number, although its product with y is small.
  let large = max(abs(e.grad_output), abs(sum)) > 1e38;
  let scale = select(1.0, 0.25, large);
  let d = two_sum(hold(scale * e.grad_output), hold(-scale * sum));
  let difference = d.hi + (d.lo - scale * bitcast<f32>(stats.y));
  // The order of the products keeps the first one from overflow and from underflow.
  let small = abs(difference) < 1.0;
  let first = hold(difference * select(e.y, uniforms.rate.z, small));
  let gradient = hold(first * select(uniforms.rate.z, e.y, small)) * select(1.0, 4.0, large);
  return select(not_a_number(), gradient, is_finite(sum));
}

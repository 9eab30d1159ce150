// term() of an element at i goes into the sum over its row, which gather/gradients.wgsl gives result() as `known`, in two parts.

// (grad_output - sum(y grad_output)) y / temperature. Where y is near 1, the two cancel: the sum is right to 2^-46 of its terms,
// so that what is left of them is, too.

fn term(e: Element, index: u32, top: u32) -> Gathered {
  let p = two_prod(e.y, e.grad_output, call.zero);
  return gathered_if_finite(is_finite(e.y) && is_finite(e.grad_output), p.hi, p.lo);
}

fn result(e: Element, own: Gathered, index: u32, row: u32, known: vec2<u32>) -> f32 {
  let sum = bitcast<f32>(known.x);
  // The difference may be twice the largest number although what it is multiplied by makes it small.
  let large = max(abs(e.grad_output), abs(sum)) > 1e38;
  let scale = select(1.0, 0.25, large);
  let d = two_sum(opt_barrier(scale * e.grad_output, call.zero), opt_barrier(-scale * sum, call.zero), call.zero);
  let difference = d.hi + (d.lo - scale * bitcast<f32>(known.y));
  // The order of these products keeps what is in between from overflow, and from underflow.
  let small = abs(difference) < 1.0;
  let first = opt_barrier(difference * select(e.y, call.rate.z, small), call.zero);
  let gradient = opt_barrier(first * select(call.rate.z, e.y, small), call.zero) * select(1.0, 4.0, large);
  return select(not_a_number(), gradient, is_finite(sum));
}

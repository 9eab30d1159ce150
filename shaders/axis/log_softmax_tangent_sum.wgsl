// The sum of e^y tangent over a row, where y is the output of log_softmax. Gives term() and
// difference(); needs gradient_sum.wgsl.

fn exponential(y: f32) -> f32 {
  return exp_of(exp_parts(-magnitude(y, EXP_LIMIT), MAGIC_127));
}

fn term(e: Element, index: u32, top: u32) -> Accumulator {
  let tangent = e.grad_output;
  let p = two_prod(exponential(e.saved), tangent, f32(uniforms.zero));
  let is_number = (bitcast<u32>(e.saved) & MAGNITUDE_BITS) <= INFINITY_BITS;
  return finite_term(is_finite(tangent) & is_number, p.hi, p.lo);
}

// tangent minus that sum.
fn difference(tangent: f32, stats: Stats) -> f32 {
  let d = two_sum(tangent, -bitcast<f32>(stats.first), f32(uniforms.zero));
  return d.hi + (d.lo - bitcast<f32>(stats.second));
}

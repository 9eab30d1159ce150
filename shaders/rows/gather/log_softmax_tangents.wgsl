// sum(e^y tangent) over a row, where y is the output of log_softmax.
fn exponential(y: f32) -> f32 {
  return exp_of(exp_parts(-magnitude(y, 88.0), 12583039.0));
}

fn term(e: Element, index: u32, top: u32) -> Gathered {
  let tangent = e.grad_output;
  let p = two_prod(exponential(e.y), tangent, call.zero);
  let is_number = (bitcast<u32>(e.y) & 0x7fffffffu) <= 0x7f800000u;
  return gathered_if_finite(is_finite(tangent) && is_number, p.hi, p.lo);
}

// tangent - sum(e^y tangent).
fn difference(tangent: f32, known: vec2<u32>) -> f32 {
  let d = two_sum(tangent, -bitcast<f32>(known.x), call.zero);
  return d.hi + (d.lo - bitcast<f32>(known.y));
}

// sum(e^y tangent) over a row, where y is the output of log_softmax.
fn exponential(i: u32) -> f32 {
  return exp_of(exp_parts(-magnitude(y_values[call.x + i], 88.0), 12583039.0));
}

fn term(i: u32, index: u32, top: i32) -> Gathered {
  let tangent = grad_output_values[call.second + i];
  let p = exact_product(exponential(i), tangent);
  let is_number = (bitcast<u32>(y_values[call.x + i]) & 0x7fffffffu) <= 0x7f800000u;
  return gathered_if_finite(is_finite(tangent) && is_number, p.hi, p.lo);
}

// tangent - sum(e^y tangent).
fn difference(i: u32, known: vec2<u32>) -> f32 {
  let d = two_sum(grad_output_values[call.second + i], -bitcast<f32>(known.x));
  return d.hi + (d.lo - bitcast<f32>(known.y));
}

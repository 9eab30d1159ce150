// swiglu_oai(value, gate; alpha, limit, offset) = (v + offset) g / (1 + e^(-alpha g)),
// as in gpt-oss, with g = min(gate, limit) and v = min(max(value, -limit), limit)
fn swiglu_oai(value: f32, gate: f32, alpha: f32, limit: f32, offset: f32) -> f32 {
  let v = swiglu_oai_value(value, limit);
  let g = select(gate, limit, gate > limit);
  return keep_nan(keep_nan((v + offset) * swish(g, alpha), value), gate);
}

fn swiglu_oai_value(value: f32, limit: f32) -> f32 {
  return select(clamp_magnitude(value, limit), limit, limit < 0.0);
}

// The derivatives with respect to value and gate, which are 0 from the limits on.
fn swiglu_oai_derivatives(value: f32, gate: f32, alpha: f32, limit: f32, offset: f32) -> GluPair {
  let v = swiglu_oai_value(value, limit);
  let g = select(gate, limit, gate > limit);
  let by_value = select(0.0, swish(g, alpha), abs(value) < limit);
  let by_gate = select(0.0, (v + offset) * swish_derivative(g, alpha), gate < limit);
  return GluPair(
    keep_nan(keep_nan(by_value, value), gate),
    keep_nan(keep_nan(by_gate, value), gate),
  );
}

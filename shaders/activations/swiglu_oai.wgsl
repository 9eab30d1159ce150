// swiglu_oai(value, gate; alpha, limit) = (v + 1) g / (1 + e^(-alpha g)),
// as in gpt-oss, with g = min(gate, limit) and v = value between -limit and limit
fn swiglu_oai(value: f32, gate: f32, alpha: f32, limit: f32) -> f32 {
  let v = clamp_magnitude(value, limit);
  let g = select(gate, limit, gate > limit);
  return keep_nan(keep_nan((v + 1.0) * swish(g, alpha), value), gate);
}

// The derivatives with respect to value and gate, which are 0 where these are clamped.
fn swiglu_oai_derivatives(value: f32, gate: f32, alpha: f32, limit: f32) -> GluPair {
  let v = clamp_magnitude(value, limit);
  let g = select(gate, limit, gate > limit);
  let by_value = select(swish(g, alpha), 0.0, abs(value) > limit);
  let by_gate = select((v + 1.0) * swish_derivative(g, alpha), 0.0, gate > limit);
  return GluPair(
    keep_nan(keep_nan(by_value, value), gate),
    keep_nan(keep_nan(by_gate, value), gate),
  );
}

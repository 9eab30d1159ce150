// gpt-oss: (v + 1) g / (1 + e^(-alpha g)), with g = min(gate, limit) and v = value between -limit and limit.
fn swiglu_oai(value: f32, gate: f32, alpha: f32, limit: f32) -> f32 {
  let v = copy_sign(magnitude(value, limit), value);
  let g = select(gate, limit, gate > limit);
  return keep_nan(keep_nan((v + 1.0) * swish(g, alpha), value), gate);
}

// The derivatives by value and by gate; 0 where it is clamped.
fn swiglu_oai_derivatives(value: f32, gate: f32, alpha: f32, limit: f32) -> GluPair {
  let v = copy_sign(magnitude(value, limit), value);
  let g = select(gate, limit, gate > limit);
  let by_value = select(swish(g, alpha), 0.0, abs(value) > limit);
  let by_gate = select((v + 1.0) * swish_derivative(g, alpha), 0.0, gate > limit);
  return GluPair(keep_nan(keep_nan(by_value, value), gate), keep_nan(keep_nan(by_gate, value), gate));
}

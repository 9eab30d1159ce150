// Four elements of what gated kernels compute.
fn gated_vector(value: vec4<f32>, gate: vec4<f32>) -> vec4<f32> {
  let parameters = call.parameters;
  return vec4<f32>(
    gated(value.x, gate.x, parameters),
    gated(value.y, gate.y, parameters),
    gated(value.z, gate.z, parameters),
    gated(value.w, gate.w, parameters),
  );
}

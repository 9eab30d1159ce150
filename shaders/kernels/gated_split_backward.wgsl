// The gradient of gated_split.wgsl, in which gradients of values and gates lie as these do in `value`.
fn element(i: u32) -> f32 {
  // Two runs, of which one is of values, are one run of the gradient of the output.
  let run = divide(i, call.run);
  let of_output = i - ((run + 1u) / 2u) * call.run.x;
  let at = places(of_output);
  let both = gradients_of_element(value_element(at.value), value_element(at.gate), grad_output_element(of_output));
  return select(both.x, both.y, i == at.gate);
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let at = places(i);
  let both = gradients(value_vector(at.value), value_vector(at.gate), grad_output_vector(i));
  let to = call.output + vec2<u32>(at.value, at.gate);
  if (i < call.count) {
    output_vector_to(to.x, both.value);
    output_vector_to(to.y, both.gate);
  }
}

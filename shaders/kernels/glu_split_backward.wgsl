// The gradient of glu_split.wgsl, in which gradients of values and gates lie as these do in `value`.
fn element(i: u32) -> f32 {
  // Two runs, of which one is of values, are one run of the gradient of the output.
  let run = divide(i, call.run);
  let of_output = i - ((run + 1u) / 2u) * call.run.x;
  let at = places(of_output);
  let both = gradients(value_element(at.value), value_element(at.gate), grad_output_element(of_output));
  return select(both.value, both.gate, i == at.gate);
}

struct Inputs { value: vec4<f32>, gate: vec4<f32>, grad_output: vec4<f32> }

// Of four elements of the gradient of the output.
fn inputs_at(i: u32) -> Inputs {
  let at = places(i);
  return Inputs(value_vector(at.value), value_vector(at.gate), grad_output_vector(i));
}

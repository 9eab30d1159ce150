// The gradient of glu_split.wgsl. In it the gradients of values and gates lie as values and gates
// do in x.
fn element(i: u32) -> f32 {
  // Two runs of the gradient, one of values and one of gates, belong to one run of grad_output.
  let run = divide(i, uniforms.run);
  let of_output = i - ((run + 1u) / 2u) * uniforms.run.x;
  let at = places(of_output);
  let both = glu_gradients(x_element(at.value), x_element(at.gate), grad_output_element(of_output));
  return select(both.value, both.gate, i == at.gate);
}

struct Inputs { value: vec4<f32>, gate: vec4<f32>, grad_output: vec4<f32> }

// The inputs of four elements of grad_output.
fn inputs_at(i: u32) -> Inputs {
  let at = places(i);
  return Inputs(x_vector(at.value), x_vector(at.gate), grad_output_vector(i));
}

// Four elements a thread of the gradient of the output: four of the values' gradient and four of the gates'.
@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let at = places(i);
  let both = four_gradients(value_vector(at.value), value_vector(at.gate), grad_output_vector(i));
  let to = call.output + vec2<u32>(at.value, at.gate);
  if (i < call.count) {
    output_vector_to(to.x, both.value);
    output_vector_to(to.y, both.gate);
  }
}

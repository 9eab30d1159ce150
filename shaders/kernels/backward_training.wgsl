// grad_output * the derivative of what forward_training.wgsl computes, with the same random numbers: nothing is stored between
// the two. activation_training_derivative(x, random, parameters, element) comes from src/wgsl.rs.
fn backward(x: f32, grad_output: f32, word: u32, random: u32, parameters: vec4<f32>, element: u32) -> f32 {
  let derivative = activation_training_derivative(x, fraction(random), parameters, element);
  return scaled(scaled(kept(word), derivative), grad_output);
}

fn element(i: u32) -> f32 {
  let at = call.phase + i;
  let word = words(at / 4u, FOR_DROPOUT)[at % 4u];
  let random = words(at / 4u, FOR_ACTIVATION)[at % 4u];
  return backward(x_element(i), grad_output_element(i), word, random, call.parameters, call.first + i);
}

fn vector(i: u32) -> vec4<f32> {
  let x = x_vector(i);
  let grad_output = grad_output_vector(i);
  let word = words(i, FOR_DROPOUT);
  let random = words(i, FOR_ACTIVATION);
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  return vec4<f32>(
    backward(x.x, grad_output.x, word.x, random.x, parameters, element),
    backward(x.y, grad_output.y, word.y, random.y, parameters, element + 1u),
    backward(x.z, grad_output.z, word.z, random.z, parameters, element + 2u),
    backward(x.w, grad_output.w, word.w, random.w, parameters, element + 3u),
  );
}

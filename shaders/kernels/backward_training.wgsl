// grad_output * the derivative of what forward_training.wgsl computes, with the same random numbers: nothing is stored between
// the two. activation_training_derivative(x, random, element) comes from src/wgsl/glue.rs.
fn backward(x: f32, grad_output: f32, word: u32, random: u32, element: u32) -> f32 {
  let derivative = activation_training_derivative(x, fraction(random), element);
  return scaled(scaled(kept(word), derivative), grad_output);
}

fn element(i: u32) -> f32 {
  let at = call.phase + i;
  let word = words(at / 4u, FOR_DROPOUT)[at % 4u];
  let random = words(at / 4u, FOR_ACTIVATION)[at % 4u];
  return backward(x_element(i), grad_output_element(i), word, random, call.first + i);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  let word = words(i, FOR_DROPOUT);
  let random = words(i, FOR_ACTIVATION);
  return backward_vec4(inputs.x, inputs.grad_output, word, random, elements_of(i));
}

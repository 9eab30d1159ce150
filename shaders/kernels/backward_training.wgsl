// The gradient of forward_training.wgsl with respect to x. It draws the same random numbers again,
// so that nothing is stored in between. The adapter gives activation_training_derivative(x, random,
// element).
fn backward(x: f32, grad_output: f32, word: u32, random: u32, element: u32) -> f32 {
  let derivative = activation_training_derivative(x, fraction(random), element);
  return scaled(scaled(dropout_factor(word), derivative), grad_output);
}

fn element(i: u32) -> f32 {
  let at = uniforms.phase + i;
  let word = random_words(at / 4u, FOR_DROPOUT)[at % 4u];
  let random = random_words(at / 4u, FOR_ACTIVATION)[at % 4u];
  return backward(x_element(i), grad_output_element(i), word, random, i);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  let word = random_words(i, FOR_DROPOUT);
  let random = random_words(i, FOR_ACTIVATION);
  return backward_vec4(inputs.x, inputs.grad_output, word, random, vector_elements(i));
}

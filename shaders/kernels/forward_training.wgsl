// Forward in training mode: dropout(activation(x)). The four elements of a vector share one call of
// the random number generator; `element` uses one of its four numbers. The adapter gives
// activation_training(x, random, element).
fn forward(x: f32, word: u32, random: u32, element: u32) -> f32 {
  return scaled(dropout_factor(word), activation_training(x, fraction(random), element));
}

fn element(i: u32) -> f32 {
  let at = uniforms.phase + i;
  let word = random_words(at / 4u, FOR_DROPOUT)[at % 4u];
  let random = random_words(at / 4u, FOR_ACTIVATION)[at % 4u];
  return forward(x_element(i), word, random, i);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return forward_vec4(inputs.x, random_words(i, FOR_DROPOUT), random_words(i, FOR_ACTIVATION), vector_elements(i));
}

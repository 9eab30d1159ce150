// dropout(activation(x)). The four elements of a vector share one call of the generator; `element` throws three of its four
// words away. activation_training(x, random, element) comes from src/wgsl/glue.rs.
fn forward(x: f32, word: u32, random: u32, element: u32) -> f32 {
  return scaled(kept(word), activation_training(x, fraction(random), element));
}

fn element(i: u32) -> f32 {
  let at = call.phase + i;
  let word = words(at / 4u, FOR_DROPOUT)[at % 4u];
  let random = words(at / 4u, FOR_ACTIVATION)[at % 4u];
  return forward(x_element(i), word, random, call.first + i);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return forward_vec4(inputs.x, words(i, FOR_DROPOUT), words(i, FOR_ACTIVATION), elements_of(i));
}

// dropout(activation(x)). The four elements of a vector share one call of the generator; `element` throws three of its four
// words away. activation_training(x, random, parameters, element) comes from src/wgsl.rs.
fn forward(x: f32, word: u32, random: u32, parameters: vec4<f32>, element: u32) -> f32 {
  return scaled(kept(word), activation_training(x, fraction(random), parameters, element));
}

fn element(i: u32) -> f32 {
  let at = call.phase + i;
  let word = words(at / 4u, FOR_DROPOUT)[at % 4u];
  let random = words(at / 4u, FOR_ACTIVATION)[at % 4u];
  return forward(x_element(i), word, random, call.parameters, call.first + i);
}

fn vector(i: u32) -> vec4<f32> {
  let x = x_vector(i);
  let word = words(i, FOR_DROPOUT);
  let random = words(i, FOR_ACTIVATION);
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  return vec4<f32>(
    forward(x.x, word.x, random.x, parameters, element),
    forward(x.y, word.y, random.y, parameters, element + 1u),
    forward(x.z, word.z, random.z, parameters, element + 2u),
    forward(x.w, word.w, random.w, parameters, element + 3u),
  );
}

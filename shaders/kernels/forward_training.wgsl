// output = dropout(activation(x)). The four elements of a vector share one call of the generator; `elements` throws three of its four
// words away. activation_training(x, random, parameters, element) comes from src/wgsl.rs.
@group(0) @binding(1) var<storage, read> x_vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output_vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;

fn forward(x: f32, word: u32, random: u32, parameters: vec4<f32>, element: u32) -> f32 {
  return scaled(kept(word), activation_training(x, fraction(random), parameters, element));
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let x = x_vectors[call.x + i];
  let word = words(i, FOR_DROPOUT);
  let random = words(i, FOR_ACTIVATION);
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  if (i < call.count) {
    output_vectors[call.output + i] = vec4<f32>(
      forward(x.x, word.x, random.x, parameters, element),
      forward(x.y, word.y, random.y, parameters, element + 1u),
      forward(x.z, word.z, random.z, parameters, element + 2u),
      forward(x.w, word.w, random.w, parameters, element + 3u),
    );
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let x = x_elements[call.x + i];
  let at = call.phase + i;
  let word = words(at / 4u, FOR_DROPOUT)[at % 4u];
  let random = words(at / 4u, FOR_ACTIVATION)[at % 4u];
  if (i < call.count) {
    output_elements[call.output + i] = forward(x, word, random, call.parameters, call.first + i);
  }
}

// output = grad_output * the derivative of what forward_training.wgsl computes, with the same random numbers: nothing is stored between
// the two. activation_training_derivative(x, random, parameters, element) comes from src/wgsl.rs.
@group(0) @binding(1) var<storage, read> x_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad_output_vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output_vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;

fn backward(x: f32, grad_output: f32, word: u32, random: u32, parameters: vec4<f32>, element: u32) -> f32 {
  let derivative = activation_training_derivative(x, fraction(random), parameters, element);
  return scaled(scaled(kept(word), derivative), grad_output);
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let x = x_vectors[call.x + i];
  let grad_output = grad_output_vectors[call.grad_output + i];
  let word = words(i, FOR_DROPOUT);
  let random = words(i, FOR_ACTIVATION);
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  if (i < call.count) {
    output_vectors[call.output + i] = vec4<f32>(
      backward(x.x, grad_output.x, word.x, random.x, parameters, element),
      backward(x.y, grad_output.y, word.y, random.y, parameters, element + 1u),
      backward(x.z, grad_output.z, word.z, random.z, parameters, element + 2u),
      backward(x.w, grad_output.w, word.w, random.w, parameters, element + 3u),
    );
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let x = x_elements[call.x + i];
  let grad_output = grad_output_elements[call.grad_output + i];
  let at = call.phase + i;
  let word = words(at / 4u, FOR_DROPOUT)[at % 4u];
  let random = words(at / 4u, FOR_ACTIVATION)[at % 4u];
  if (i < call.count) {
    output_elements[call.output + i] = backward(x, grad_output, word, random, call.parameters, call.first + i);
  }
}

// output = grad_output * activation'(x): the gradient with respect to x. `vectors` takes four elements a thread from
// slices that are aligned to 16 bytes; `elements` takes one, from any slice. In place, grad_output becomes the result.
// activation_derivative(x, element) and WORKGROUP come from src/wgsl.rs.
@group(0) @binding(1) var<storage, read> x_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad_output_vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output_vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;

// A derivative of 0 passes on 0, whatever grad_output is, NaN excepted.
fn backward_element(x: f32, grad_output: f32, element: u32) -> f32 {
  return scaled(activation_derivative(x, element), grad_output);
}

fn backward(x: vec4<f32>, grad_output: vec4<f32>, element: u32) -> vec4<f32> {
  return vec4<f32>(
    backward_element(x.x, grad_output.x, element),
    backward_element(x.y, grad_output.y, element + 1u),
    backward_element(x.z, grad_output.z, element + 2u),
    backward_element(x.w, grad_output.w, element + 3u),
  );
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  if (i < call.count) {
    output_vectors[call.output + i] = backward(x_vectors[call.x + i], grad_output_vectors[call.grad_output + i], call.first + 4u * i);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  if (i < call.count) {
    output_elements[call.output + i] = backward_element(x_elements[call.x + i], grad_output_elements[call.grad_output + i], call.first + i);
  }
}

@compute @workgroup_size(WORKGROUP)
fn vectors_in_place(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  if (i < call.count) {
    output_vectors[call.output + i] = backward(x_vectors[call.x + i], output_vectors[call.output + i], call.first + 4u * i);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements_in_place(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  if (i < call.count) {
    output_elements[call.output + i] = backward_element(x_elements[call.x + i], output_elements[call.output + i], call.first + i);
  }
}

// output = grad_output * activation'(x): the gradient with respect to x. `vectors` takes four elements a thread from
// slices that are aligned to 16 bytes; `elements` takes one, from any slice. In place, grad_output becomes the result.
// activation_derivative(x, parameters, element) and WORKGROUP come from src/wgsl.rs; loads are as in forward.wgsl.
@group(0) @binding(1) var<storage, read> x_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad_output_vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output_vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;

// A derivative of 0 passes on 0, whatever grad_output is, NaN excepted.
fn backward_element(x: f32, grad_output: f32, parameters: vec4<f32>, element: u32) -> f32 {
  return scaled(activation_derivative(x, parameters, element), grad_output);
}

fn backward(x: vec4<f32>, grad_output: vec4<f32>, parameters: vec4<f32>, element: u32) -> vec4<f32> {
  return vec4<f32>(
    backward_element(x.x, grad_output.x, parameters, element),
    backward_element(x.y, grad_output.y, parameters, element + 1u),
    backward_element(x.z, grad_output.z, parameters, element + 2u),
    backward_element(x.w, grad_output.w, parameters, element + 3u),
  );
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let x = x_vectors[call.x + i];
  let grad_output = grad_output_vectors[call.grad_output + i];
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  if (i < call.count) {
    output_vectors[to] = backward(x, grad_output, parameters, element);
  }
}

@compute @workgroup_size(WORKGROUP)
fn vectors_in_place(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let x = x_vectors[call.x + i];
  let grad_output = output_vectors[to];
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  if (i < call.count) {
    output_vectors[to] = backward(x, grad_output, parameters, element);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let x = x_elements[call.x + i];
  let grad_output = grad_output_elements[call.grad_output + i];
  let parameters = call.parameters;
  let element = call.first + i;
  if (i < call.count) {
    output_elements[to] = backward_element(x, grad_output, parameters, element);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements_in_place(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let x = x_elements[call.x + i];
  let grad_output = output_elements[to];
  let parameters = call.parameters;
  let element = call.first + i;
  if (i < call.count) {
    output_elements[to] = backward_element(x, grad_output, parameters, element);
  }
}

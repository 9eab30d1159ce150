// output = tangent * grad_output * activation''(x): the gradient with respect to x of what backward.wgsl computes, when `tangent`
// is the gradient with respect to its output. As backward.wgsl else; activation_second_derivative(x, parameters, element)
// comes from src/wgsl.rs.
@group(0) @binding(1) var<storage, read> x_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad_output_vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output_vectors: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> tangent_vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;
@group(0) @binding(4) var<storage, read> tangent_elements: array<f32>;

fn double_backward(x: f32, grad_output: f32, tangent: f32, parameters: vec4<f32>, element: u32) -> f32 {
  return scaled(scaled(activation_second_derivative(x, parameters, element), grad_output), tangent);
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let x = x_vectors[call.x + i];
  let grad_output = grad_output_vectors[call.grad_output + i];
  let tangent = tangent_vectors[call.tangent + i];
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  if (i < call.count) {
    output_vectors[to] = vec4<f32>(
      double_backward(x.x, grad_output.x, tangent.x, parameters, element),
      double_backward(x.y, grad_output.y, tangent.y, parameters, element + 1u),
      double_backward(x.z, grad_output.z, tangent.z, parameters, element + 2u),
      double_backward(x.w, grad_output.w, tangent.w, parameters, element + 3u),
    );
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let x = x_elements[call.x + i];
  let grad_output = grad_output_elements[call.grad_output + i];
  let tangent = tangent_elements[call.tangent + i];
  let parameters = call.parameters;
  let element = call.first + i;
  if (i < call.count) {
    output_elements[to] = double_backward(x, grad_output, tangent, parameters, element);
  }
}

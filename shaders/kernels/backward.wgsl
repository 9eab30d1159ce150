// grad_output * activation'(x): the gradient with respect to x. activation_derivative(x, parameters, element) comes from
// src/wgsl.rs. A derivative of 0 passes on 0, whatever grad_output is, NaN excepted.
fn backward(x: f32, grad_output: f32, parameters: vec4<f32>, element: u32) -> f32 {
  return scaled(activation_derivative(x, parameters, element), grad_output);
}

fn element(i: u32) -> f32 {
  return backward(x_element(i), grad_output_element(i), call.parameters, call.first + i);
}

fn vector(i: u32) -> vec4<f32> {
  let x = x_vector(i);
  let grad_output = grad_output_vector(i);
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  return vec4<f32>(
    backward(x.x, grad_output.x, parameters, element),
    backward(x.y, grad_output.y, parameters, element + 1u),
    backward(x.z, grad_output.z, parameters, element + 2u),
    backward(x.w, grad_output.w, parameters, element + 3u),
  );
}

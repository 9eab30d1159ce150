// grad_output * activation'(x): the gradient with respect to x. activation_derivative(x, element) comes from src/wgsl/glue.rs. A
// derivative of 0 passes on 0, whatever grad_output is, NaN excepted.
fn backward(x: f32, grad_output: f32, element: u32) -> f32 {
  return scaled(activation_derivative(x, element), grad_output);
}

fn element(i: u32) -> f32 {
  return backward(x_element(i), grad_output_element(i), call.first + i);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return backward_vec4(inputs.x, inputs.grad_output, elements_of(i));
}

// Double backward: tangent * grad_output * activation''(x), the gradient of the backward pass with
// respect to x. `tangent` is the gradient with respect to the result of the backward pass. The
// adapter gives activation_second_derivative(x, element).
fn double_backward(x: f32, grad_output: f32, tangent: f32, element: u32) -> f32 {
  return scaled(scaled(activation_second_derivative(x, element), grad_output), tangent);
}

fn element(i: u32) -> f32 {
  return double_backward(x_element(i), grad_output_element(i), tangent_element(i), i);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return double_backward_vec4(inputs.x, inputs.grad_output, inputs.tangent, vector_elements(i));
}

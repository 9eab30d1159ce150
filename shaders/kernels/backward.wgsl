// Backward: grad_output * activation'(x), the gradient with respect to x. If the derivative is 0,
// the gradient is 0, even for an infinite grad_output; NaN stays NaN. The adapter gives
// activation_derivative(x, element).
fn backward(x: f32, grad_output: f32, element: u32) -> f32 {
  let derivative = activation_derivative(x, element);
  let product = select(derivative * grad_output, 0.0, derivative == 0.0);
  let of_number = select(product, grad_output, is_nan(grad_output));
  return select(of_number, x, is_nan(x));
}

fn element(i: u32) -> f32 {
  return backward(x_element(i), grad_output_element(i), i);
}

fn vector(i: u32, inputs: Inputs) -> vec4<f32> {
  return backward_vec4(inputs.x, inputs.grad_output, vector_elements(i));
}

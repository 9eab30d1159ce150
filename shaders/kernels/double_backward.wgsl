// tangent * grad_output * activation''(x): the gradient with respect to x of what backward.wgsl computes, when `tangent`
// is the gradient with respect to its output. activation_second_derivative(x, parameters, element) comes from src/wgsl.rs.
fn double_backward(x: f32, grad_output: f32, tangent: f32, parameters: vec4<f32>, element: u32) -> f32 {
  return scaled(scaled(activation_second_derivative(x, parameters, element), grad_output), tangent);
}

fn element(i: u32) -> f32 {
  return double_backward(x_element(i), grad_output_element(i), tangent_element(i), call.parameters, call.first + i);
}

fn vector(i: u32) -> vec4<f32> {
  let x = x_vector(i);
  let grad_output = grad_output_vector(i);
  let tangent = tangent_vector(i);
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  return vec4<f32>(
    double_backward(x.x, grad_output.x, tangent.x, parameters, element),
    double_backward(x.y, grad_output.y, tangent.y, parameters, element + 1u),
    double_backward(x.z, grad_output.z, tangent.z, parameters, element + 2u),
    double_backward(x.w, grad_output.w, tangent.w, parameters, element + 3u),
  );
}

// The gradient with respect to a parameter, one row for each of its values: the terms that pairwise.wgsl adds up.
// activation_derivative_parameter(x, parameters, element) comes from src/wgsl.rs.
@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;

fn term(row: u32, index: u32) -> f32 {
  let outer = divide(index, call.run);
  let i = (outer * call.rows + row) * call.run.x + (index - outer * call.run.x);
  let derivative = activation_derivative_parameter(x_elements[call.x + i], call.parameters, call.first + i);
  return scaled(derivative, grad_output_elements[call.grad_output + i]);
}

// The gradient with respect to a learned parameter, one row for each channel: the terms that pairwise.wgsl adds up.
// activation_derivative_parameter(x, parameters, channel) comes from src/wgsl.rs.
@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;

fn term(channel: u32, index: u32) -> f32 {
  let outer = divide(index, call.inner);
  let i = (outer * call.channels.x + channel) * call.inner.x + (index - outer * call.inner.x);
  return scaled(activation_derivative_parameter(x_elements[call.x + i], call.parameters, channel), grad_output_elements[call.grad_output + i]);
}

// The gradient with respect to a parameter is a sum over the elements of each of its values: over
// runs of elements, between which there are those of the other values. These are the terms that
// pairwise.wgsl adds. The adapter gives activation_derivative_parameter(x, element).
fn term(row: u32, index: u32) -> f32 {
  let outer = divide(index, uniforms.run);
  let i = (outer * uniforms.rows + row) * uniforms.run.x + (index - outer * uniforms.run.x);
  return scaled(activation_derivative_parameter(x_element(i), i), grad_output_element(i));
}

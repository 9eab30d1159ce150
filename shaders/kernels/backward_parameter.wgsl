// The gradient with respect to a parameter, one row for each of its values: the terms that pairwise.wgsl adds up.
// activation_derivative_parameter(x, element) comes from src/wgsl/glue.rs.
fn term(row: u32, index: u32) -> f32 {
  let outer = divide(index, call.run);
  let i = (outer * call.rows + row) * call.run.x + (index - outer * call.run.x);
  return scaled(activation_derivative_parameter(x_element(i), call.first + i), grad_output_element(i));
}

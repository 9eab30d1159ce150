// The gradients with respect to value and gate. gated_derivatives(value, gate, parameters) comes from src/wgsl.rs: the
// derivatives with respect to both.
struct Gradients { value: vec4<f32>, gate: vec4<f32> }

// The gradients of one element: first the value's, then the gate's.
fn gradients_of_element(value: f32, gate: f32, grad_output: f32) -> vec2<f32> {
  let derivatives = gated_derivatives(value, gate, call.parameters);
  return vec2<f32>(scaled(derivatives.x, grad_output), scaled(derivatives.y, grad_output));
}

fn gradients(value: vec4<f32>, gate: vec4<f32>, grad_output: vec4<f32>) -> Gradients {
  let x = gradients_of_element(value.x, gate.x, grad_output.x);
  let y = gradients_of_element(value.y, gate.y, grad_output.y);
  let z = gradients_of_element(value.z, gate.z, grad_output.z);
  let w = gradients_of_element(value.w, gate.w, grad_output.w);
  return Gradients(vec4<f32>(x.x, y.x, z.x, w.x), vec4<f32>(x.y, y.y, z.y, w.y));
}

// The gradients with respect to value and gate, in one pass: output and grad_gate. In `…_split` both lie in one tensor, output, as
// value and gate do. gated_derivatives(value, gate, parameters) comes from src/wgsl.rs: the derivatives with respect to both.
@group(0) @binding(1) var<storage, read> value_vectors: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> gate_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad_output_vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output_vectors: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> grad_gate_vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> value_elements: array<f32>;
@group(0) @binding(5) var<storage, read> gate_elements: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;
@group(0) @binding(6) var<storage, read_write> grad_gate_elements: array<f32>;

// The gradients of one element: first the value's, then the gate's.
fn backward_element(value: f32, gate: f32, grad_output: f32, parameters: vec4<f32>) -> vec2<f32> {
  let derivatives = gated_derivatives(value, gate, parameters);
  return vec2<f32>(scaled(derivatives.x, grad_output), scaled(derivatives.y, grad_output));
}

// Of four elements.
fn backward(value: vec4<f32>, gate: vec4<f32>, grad_output: vec4<f32>) -> mat4x2<f32> {
  let parameters = call.parameters;
  return mat4x2<f32>(
    backward_element(value.x, gate.x, grad_output.x, parameters),
    backward_element(value.y, gate.y, grad_output.y, parameters),
    backward_element(value.z, gate.z, grad_output.z, parameters),
    backward_element(value.w, gate.w, grad_output.w, parameters),
  );
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let grad = backward(value_vectors[call.x + i], gate_vectors[call.gate + i], grad_output_vectors[call.grad_output + i]);
  if (i < call.count) {
    output_vectors[call.output + i] = vec4<f32>(grad[0].x, grad[1].x, grad[2].x, grad[3].x);
    grad_gate_vectors[call.grad_gate + i] = vec4<f32>(grad[0].y, grad[1].y, grad[2].y, grad[3].y);
  }
}

@compute @workgroup_size(WORKGROUP)
fn vectors_split(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let at = places(i);
  let grad = backward(value_vectors[call.x + at.value], value_vectors[call.x + at.gate], grad_output_vectors[call.grad_output + i]);
  if (i < call.count) {
    output_vectors[call.output + at.value] = vec4<f32>(grad[0].x, grad[1].x, grad[2].x, grad[3].x);
    output_vectors[call.output + at.gate] = vec4<f32>(grad[0].y, grad[1].y, grad[2].y, grad[3].y);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let value = value_elements[call.x + i];
  let gate = gate_elements[call.gate + i];
  let grad = backward_element(value, gate, grad_output_elements[call.grad_output + i], call.parameters);
  if (i < call.count) {
    output_elements[call.output + i] = grad.x;
    grad_gate_elements[call.grad_gate + i] = grad.y;
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements_split(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let at = places(i);
  let value = value_elements[call.x + at.value];
  let gate = value_elements[call.x + at.gate];
  let grad = backward_element(value, gate, grad_output_elements[call.grad_output + i], call.parameters);
  if (i < call.count) {
    output_elements[call.output + at.value] = grad.x;
    output_elements[call.output + at.gate] = grad.y;
  }
}

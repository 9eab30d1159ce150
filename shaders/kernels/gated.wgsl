// output = value * activation(gate). `vectors` takes four elements a thread, `elements` one, as in forward.wgsl; in `…_split` values
// and gates lie in one tensor, value. gated(value, gate, parameters) comes from src/wgsl.rs.
@group(0) @binding(1) var<storage, read> value_vectors: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> gate_vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output_vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> value_elements: array<f32>;
@group(0) @binding(5) var<storage, read> gate_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;

fn gated_vector(value: vec4<f32>, gate: vec4<f32>) -> vec4<f32> {
  let parameters = call.parameters;
  return vec4<f32>(
    gated(value.x, gate.x, parameters),
    gated(value.y, gate.y, parameters),
    gated(value.z, gate.z, parameters),
    gated(value.w, gate.w, parameters),
  );
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let value = value_vectors[call.x + i];
  let gate = gate_vectors[call.gate + i];
  if (i < call.count) {
    output_vectors[call.output + i] = gated_vector(value, gate);
  }
}

@compute @workgroup_size(WORKGROUP)
fn vectors_split(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let at = places(i);
  let value = value_vectors[call.x + at.value];
  let gate = value_vectors[call.x + at.gate];
  if (i < call.count) {
    output_vectors[call.output + i] = gated_vector(value, gate);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let value = value_elements[call.x + i];
  let gate = gate_elements[call.gate + i];
  if (i < call.count) {
    output_elements[call.output + i] = gated(value, gate, call.parameters);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements_split(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let at = places(i);
  let value = value_elements[call.x + at.value];
  let gate = value_elements[call.x + at.gate];
  if (i < call.count) {
    output_elements[call.output + i] = gated(value, gate, call.parameters);
  }
}

// output = activation(x). `vectors` takes four elements a thread from slices that are aligned to 16 bytes; `elements`
// takes one, from any slice. activation(x, element) and WORKGROUP come from src/wgsl.rs.
@group(0) @binding(1) var<storage, read> x_vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output_vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;

fn forward(x: vec4<f32>, element: u32) -> vec4<f32> {
  return vec4<f32>(activation(x.x, element), activation(x.y, element + 1u), activation(x.z, element + 2u), activation(x.w, element + 3u));
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  if (i < call.count) {
    output_vectors[call.output + i] = forward(x_vectors[call.x + i], call.first + 4u * i);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  if (i < call.count) {
    output_elements[call.output + i] = activation(x_elements[call.x + i], call.first + i);
  }
}

@compute @workgroup_size(WORKGROUP)
fn vectors_in_place(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  if (i < call.count) {
    output_vectors[call.output + i] = forward(output_vectors[call.output + i], call.first + 4u * i);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements_in_place(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  if (i < call.count) {
    output_elements[call.output + i] = activation(output_elements[call.output + i], call.first + i);
  }
}

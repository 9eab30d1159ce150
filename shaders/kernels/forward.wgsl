// output = activation(x). `vectors` takes four elements a thread from slices that are aligned to 16 bytes; `elements`
// takes one, from any slice. activation(x, parameters, element) and WORKGROUP come from src/wgsl.rs. What is loaded is loaded
// outside of the branch: inside, software drivers go through the lanes one by one.
@group(0) @binding(1) var<storage, read> x_vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output_vectors: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;

fn forward(x: vec4<f32>, parameters: vec4<f32>, element: u32) -> vec4<f32> {
  return vec4<f32>(
    activation(x.x, parameters, element),
    activation(x.y, parameters, element + 1u),
    activation(x.z, parameters, element + 2u),
    activation(x.w, parameters, element + 3u),
  );
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let x = x_vectors[call.x + i];
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  if (i < call.count) {
    output_vectors[to] = forward(x, parameters, element);
  }
}

@compute @workgroup_size(WORKGROUP)
fn vectors_in_place(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let x = output_vectors[to];
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  if (i < call.count) {
    output_vectors[to] = forward(x, parameters, element);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let x = x_elements[call.x + i];
  let parameters = call.parameters;
  let element = call.first + i;
  if (i < call.count) {
    output_elements[to] = activation(x, parameters, element);
  }
}

@compute @workgroup_size(WORKGROUP)
fn elements_in_place(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let to = call.output + i;
  let x = output_elements[to];
  let parameters = call.parameters;
  let element = call.first + i;
  if (i < call.count) {
    output_elements[to] = activation(x, parameters, element);
  }
}

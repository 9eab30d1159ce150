// activation(x). activation(x, parameters, element) comes from src/wgsl.rs, and how tensors are read from src/wgsl/storage.rs.
fn element(i: u32) -> f32 {
  return activation(x_element(i), call.parameters, call.first + i);
}

fn vector(i: u32) -> vec4<f32> {
  let x = x_vector(i);
  let parameters = call.parameters;
  let element = call.first + 4u * i;
  return vec4<f32>(
    activation(x.x, parameters, element),
    activation(x.y, parameters, element + 1u),
    activation(x.z, parameters, element + 2u),
    activation(x.w, parameters, element + 3u),
  );
}

// What backward passes read, from the output of the forward pass.
@group(0) @binding(1) var<storage, read> y_values: array<f32>;
@group(0) @binding(1) var<storage, read> y_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad_output_values: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_vectors: array<vec4<f32>>;

struct Element { y: f32, grad_output: f32 }

fn element(i: u32) -> Element {
  return Element(y_values[call.x + i], grad_output_values[call.second + i]);
}

fn aligned_four(i: u32) -> Four {
  let y = y_vectors[(call.x + i) / 4u];
  let g = grad_output_vectors[(call.second + i) / 4u];
  return Four(Element(y.x, g.x), Element(y.y, g.y), Element(y.z, g.z), Element(y.w, g.w));
}

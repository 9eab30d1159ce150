// What the second step of double backward reads: t is what the first has left in place of the result.
@group(0) @binding(1) var<storage, read> y_values: array<f32>;
@group(0) @binding(1) var<storage, read> y_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad_output_values: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_vectors: array<vec4<f32>>;

struct Element { y: f32, grad_output: f32, t: f32 }

fn element(i: u32) -> Element {
  return Element(y_values[call.x + i], grad_output_values[call.second + i], output_values[call.output + i]);
}

fn aligned_four(i: u32) -> Four {
  let y = y_vectors[(call.x + i) / 4u];
  let g = grad_output_vectors[(call.second + i) / 4u];
  let t = output_vectors[(call.output + i) / 4u];
  return Four(Element(y.x, g.x, t.x), Element(y.y, g.y, t.y), Element(y.z, g.z, t.z), Element(y.w, g.w, t.w));
}

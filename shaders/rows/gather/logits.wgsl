// What forward passes read: x, negated for softmin.
@group(0) @binding(1) var<storage, read> x_values: array<f32>;
@group(0) @binding(1) var<storage, read> x_vectors: array<vec4<f32>>;

struct Element { x: f32 }

fn logit(x: f32) -> Element {
  return Element(bitcast<f32>(bitcast<u32>(x) ^ call.flip));
}

fn element(i: u32) -> Element {
  return logit(x_values[call.x + i]);
}

fn aligned_four(i: u32) -> Four {
  let x = x_vectors[(call.x + i) / 4u];
  return Four(logit(x.x), logit(x.y), logit(x.z), logit(x.w));
}

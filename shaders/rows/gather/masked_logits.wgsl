// What forward passes read: x + mask, rounded once, negated for softmin before the mask is added. A mask that is smaller
// than x is repeated.
@group(0) @binding(1) var<storage, read> x_values: array<f32>;
@group(0) @binding(1) var<storage, read> x_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> mask_values: array<f32>;

struct Element { x: f32 }

fn masked(value: f32, i: u32) -> Element {
  let x = bitcast<f32>(bitcast<u32>(value) ^ call.flip);
  let mask = mask_values[call.second + (call.first + i) % call.period];
  return Element(keep_nan(keep_nan(hold(x + mask), mask), x));
}

fn element(i: u32) -> Element {
  return masked(x_values[call.x + i], i);
}

fn aligned_four(i: u32) -> Four {
  let x = x_vectors[(call.x + i) / 4u];
  return Four(masked(x.x, i), masked(x.y, i + 1u), masked(x.z, i + 2u), masked(x.w, i + 3u));
}

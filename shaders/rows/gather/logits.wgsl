// What forward passes read: x, negated for softmin.
@group(0) @binding(1) var<storage, read> x_values: array<f32>;

fn logit(i: u32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x_values[call.x + i]) ^ call.flip);
}

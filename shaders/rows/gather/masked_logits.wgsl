// What forward passes read: x + mask, rounded once, negated for softmin before the mask is added. A mask that is smaller
// than x is repeated.
@group(0) @binding(1) var<storage, read> x_values: array<f32>;
@group(0) @binding(2) var<storage, read> mask_values: array<f32>;

fn logit(i: u32) -> f32 {
  let x = bitcast<f32>(bitcast<u32>(x_values[call.x + i]) ^ call.flip);
  let mask = mask_values[call.second + (call.first + i) % call.period];
  return keep_nan(keep_nan(hold(x + mask), mask), x);
}

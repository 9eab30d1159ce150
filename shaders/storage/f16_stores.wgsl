// Stores of f16 by the device's own conversion, which kernels/check_f16.wgsl has seen to round to
// nearest, ties to even, and to keep infinities, NaN and subnormal numbers.

fn two_to_f16(x: f32, y: f32) -> u32 {
  return pack2x16float(vec2<f32>(x, y));
}

fn pack_f16(x: vec4<f32>) -> vec2<u32> {
  return vec2<u32>(pack2x16float(x.xy), pack2x16float(x.zw));
}

// In a split tensor a run of values and a run of gates take turns; gates come first if
// uniforms.gate is 1. The output has no such gaps.
struct Places { value: u32, gate: u32 }

// The places of the i-th value and of the i-th gate.
fn places(i: u32) -> Places {
  let first = i + divide(i, uniforms.run) * uniforms.run.x;
  return Places(first + uniforms.gate * uniforms.run.x, first + (1u - uniforms.gate) * uniforms.run.x);
}

// grad_output of the first half where x > 0, -grad_output of the second where x < 0, and 0 at 0.
@group(0) @binding(1) var<storage, read> x_values: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_values: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn threads(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let x = x_values[call.x + i];
  if (i < call.count) {
    let at = call.second + i + i / call.inner * call.inner;
    let first = select(0.0, grad_output_values[at], is_positive(x));
    let second = select(first, -grad_output_values[at + call.inner], bitcast<u32>(x) > 0x80000000u);
    output_values[call.output + i] = keep_nan(second, x);
  }
}

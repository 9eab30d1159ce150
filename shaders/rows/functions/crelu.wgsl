// relu(x) and relu(-x), one after the other along the axis. call.length is 1 here, and call.inner all elements of a row and
// its neighbours: what is one slab of x is two of the output.
@group(0) @binding(1) var<storage, read> x_values: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn threads(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let x = x_values[call.x + i];
  if (i < call.count) {
    let to = call.output + i + i / call.inner * call.inner;
    output_values[to] = keep_nan(select(0.0, x, is_positive(x)), x);
    output_values[to + call.inner] = keep_nan(select(0.0, -x, bitcast<u32>(x) > 0x80000000u), x);
  }
}

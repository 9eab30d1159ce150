// Gives an entry point, elementwise(). An element needs no other one of its row.

// relu(x), then relu(-x), along the axis. uniforms.stride is the length of a slab, which holds all
// rows side by side: each slab of x becomes two slabs of the output.
@compute @workgroup_size(WORKGROUP)
fn elementwise(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = dispatch_index(id);
  let x = x_element(i);
  if (i < uniforms.count) {
    let to = i + divide(i, uniforms.run) * uniforms.stride;
    store_output(to, keep_nan(select(0.0, x, is_positive(x)), x));
    store_output(to + uniforms.stride, keep_nan(select(0.0, -x, bitcast<u32>(x) > 0x80000000u), x));
  }
}

// Gives an entry point, elementwise(). An element needs no other one of its row.

// The gradient is grad_output of the first half where x > 0, -grad_output of the second half where
// x < 0, and 0 at 0.
@compute @workgroup_size(WORKGROUP)
fn elementwise(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = dispatch_index(id);
  let x = x_element(i);
  if (i < uniforms.count) {
    let at = i + divide(i, uniforms.run) * uniforms.stride;
    let first = select(0.0, grad_output_element(at), is_positive(x));
    let second = select(first, -grad_output_element(at + uniforms.stride), bitcast<u32>(x) > 0x80000000u);
    store_output(i, keep_nan(second, x));
  }
}

// relu(x) and relu(-x), one after the other along the axis. call.length is 1 here, and call.inner all elements of a row and
// its neighbours: what is one slab of x is two of the output.
@compute @workgroup_size(WORKGROUP)
fn threads(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = position(id);
  let x = x_element(i);
  if (i < call.count) {
    let to = i + i / call.inner * call.inner;
    store_one(to, keep_nan(select(0.0, x, is_positive(x)), x));
    store_one(to + call.inner, keep_nan(select(0.0, -x, bitcast<u32>(x) > 0x80000000u), x));
  }
}

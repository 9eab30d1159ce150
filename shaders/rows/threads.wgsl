// One thread a row, or a block of one: for short rows, and for strided ones, where neighbouring threads take neighbouring
// columns.
@compute @workgroup_size(WORKGROUP)
fn threads(@builtin(global_invocation_id) id: vec3<u32>) {
  let index = position(id);
  if (index < call.count) {
    let p = place(index);
    let top = top_of(p, 0u, 1u);
    finish(p, 0u, 1u, statistic(top, gathered(p, 0u, 1u, top)));
  }
}

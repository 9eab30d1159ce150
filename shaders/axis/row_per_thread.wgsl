// One thread a row, or a block of one: for short rows, and for strided ones, of which neighbouring
// threads have neighbouring columns. Needs stats_of() and finish().
@compute @workgroup_size(WORKGROUP)
fn row_per_thread(@builtin(global_invocation_id) id: vec3<u32>) {
  let index = dispatch_index(id);
  if (index < uniforms.count) {
    let p = place(index);
    finish(p, 0u, 1u, stats_of(p));
  }
}

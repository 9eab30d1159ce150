// One thread a block of which all is known.
@compute @workgroup_size(WORKGROUP)
fn threads(@builtin(global_invocation_id) id: vec3<u32>) {
  let index = position(id);
  if (index < call.count) {
    let p = place(index);
    finish(p, 0u, 1u, statistics[call.statistics + p.row]);
  }
}

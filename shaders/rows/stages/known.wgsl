// The results of blocks of rows of which all is known from earlier dispatches.
@group(0) @binding(4) var<storage, read> statistics: array<vec2<u32>>;

@compute @workgroup_size(WORKGROUP)
fn threads(@builtin(global_invocation_id) id: vec3<u32>) {
  let index = position(id);
  if (index < call.count) {
    let p = place(index);
    finish(p, 0u, 1u, statistics[call.statistics + p.row]);
  }
}

@compute @workgroup_size(TEAM)
fn workgroups(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = position(id);
  if (index < call.count) {
    let p = place(index);
    finish(p, thread, TEAM, statistics[call.statistics + p.row]);
  }
}

// One thread a column, or a block of one, of which all is known.
@compute @workgroup_size(WORKGROUP)
fn columns(@builtin(global_invocation_id) id: vec3<u32>) {
  let index = position(id);
  if (index < call.count) {
    let p = place(index / 2u * 2u);
    let known = call.statistics + p.row;
    finish_two(p, index % 2u, statistics[known], statistics[known + 1u]);
  }
}

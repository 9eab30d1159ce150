// As vectors.wgsl, for several outputs. The adapter gives results_at(i, inputs), and
// store_results(i, results) that stores the i-th vector of each.
@compute @workgroup_size(WORKGROUP)
fn vectors_results(@builtin(global_invocation_id) id: vec3<u32>) {
  let thread = dispatch_index(id);
  let i = thread_vectors(thread);
  let first = inputs_at(i.x);
  let second = inputs_at(i.y);
  let first_results = results_at(i.x, first);
  let second_results = results_at(i.y, second);
  if (thread < uniforms.count) {
    store_results(i.x, first_results);
    store_results(i.y, second_results);
  }
}

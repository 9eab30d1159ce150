// Results that are summed, beside others that are stored. A thread adds the results of steps()
// elements, or vectors of four, that are uniforms.run apart and share what is broadcast: it loads
// that once. Each thread writes one partial sum of every summed result, which fold.wgsl adds. The
// adapter gives steps(), shared_inputs_at(i), inputs_beside(i, shared), results_at(i, inputs),
// store_results(i, results), and Sums with no_sums(), added(sums, results) and store_sums(at,
// sums).
//
// Threads are groups of uniforms.run neighbours. From one group to the next there are
// uniforms.stride elements, and uniforms.block partial sums.
@compute @workgroup_size(WORKGROUP)
fn sums(@builtin(global_invocation_id) id: vec3<u32>) {
  let invocation = dispatch_index(id);
  // Superfluous threads repeat the last one: a branch would cost software drivers more.
  let thread = min(invocation, uniforms.count - 1u);
  let group = divide(thread, uniforms.run);
  let place = thread - group * uniforms.run.x;
  let start = uniforms.start + group * uniforms.stride + place;
  let shared_inputs = shared_inputs_at(start);
  var total = no_sums();
  for (var step = 0u; step < steps(); step++) {
    let i = start + step * uniforms.run.x;
    let results = results_at(i, inputs_beside(i, shared_inputs));
    store_results(i, results);
    total = added(total, results);
  }
  if (invocation < uniforms.count) {
    store_sums(group * uniforms.block + place, total);
  }
}

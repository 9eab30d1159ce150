// Gives an entry point, elementwise(). The weight of each row: that of its class, 0 if it is ignored,
// and NaN if there is no such class. Needs class_weight().
@compute @workgroup_size(WORKGROUP)
fn elementwise(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = dispatch_index(id);
  if (i < uniforms.count) {
    let target_class = targets_word(i);
    let exists = target_class < uniforms.classes;
    let weight = select(not_a_number(), class_weight(select(0u, target_class, exists)), exists);
    store_output(i, select(weight, 0.0, target_class == uniforms.ignore_index));
  }
}

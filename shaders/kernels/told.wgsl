// Whether a parameter is 1: not asked of one that is known at run time only, where what saves steps
// with a 1 would be one more step. In the place of math.wgsl's.
fn is_one(a: f32) -> bool {
  return false;
}

fn is_one_vec4(a: vec4<f32>) -> vec4<bool> {
  return vec4<bool>(false);
}

// Results that are added to what an output has. Compilers could make one operation of a result's
// last product and of the sum: behind the barrier a result has the bits that it has alone.
fn accumulated(before: f32, y: f32) -> f32 {
  return before + opt_barrier(y, f32(uniforms.zero));
}

fn accumulated_vec4(before: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  let zero = vec4<u32>(bitcast<u32>(f32(uniforms.zero)));
  return before + bitcast<vec4<f32>>(bitcast<vec4<u32>>(y) ^ zero);
}

// In place of the op's element(i), for kernels by elements.
fn accumulated_element(i: u32) -> f32 {
  return accumulated(output_element(i), element(i));
}

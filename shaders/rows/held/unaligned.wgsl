// Rows of any length that begin anywhere. Past the end of a block is its last element again, which counts no more.

fn four(p: Place, k: u32) -> Four {
  let last = p.first + p.count - 1u;
  let i = p.first + k;
  return Four(element(min(i, last)), element(min(i + 1u, last)), element(min(i + 2u, last)), element(min(i + 3u, last)));
}

fn store(p: Place, k: u32, y: vec4<f32>) {
  let to = call.output + p.first + k;
  if (k < p.count) { output_values[to] = y.x; }
  if (k + 1u < p.count) { output_values[to + 1u] = y.y; }
  if (k + 2u < p.count) { output_values[to + 2u] = y.z; }
  if (k + 3u < p.count) { output_values[to + 3u] = y.w; }
}

// Watches the units of one hidden layer on the training digits. Each thread watches four units.
struct Units {
  width: u32,  // number of units, in vectors of four
  first: u32,  // offset of this layer's results
}

@group(0) @binding(0) var<uniform> units: Units;
@group(0) @binding(1) var<storage, read> outputs: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> slopes: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> zeros: array<vec4<f32>>;     // number of digits for which the output is 0
@group(0) @binding(4) var<storage, read_write> steepest: array<vec4<f32>>;  // the greatest |f'(x)|

@compute @workgroup_size(64)
fn watch(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= units.width) {
    return;
  }
  var count = vec4<f32>();
  var most = vec4<f32>();
  for (var row = 0u; row < TRAIN; row++) {
    let i = row * units.width + id.x;
    count += select(vec4<f32>(0.0), vec4<f32>(1.0), outputs[i] == vec4<f32>(0.0));
    most = max(most, abs(slopes[i]));
  }
  zeros[units.first + id.x] = count;
  steepest[units.first + id.x] = most;
}

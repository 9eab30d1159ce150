// y = activation(x * weights + bias): x is [rows, inputs], weights [inputs, outputs], bias [outputs], y [rows, outputs].
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let outputs = arrayLength(&bias);
  let inputs = arrayLength(&weights) / outputs;
  let row = id.x / outputs;
  let column = id.x % outputs;
  if (id.x < arrayLength(&y)) {
    var sum = bias[column];
    for (var k = 0u; k < inputs; k++) {
      sum += x[row * inputs + k] * weights[k * outputs + column];
    }
    y[id.x] = my_activation(sum);
  }
}

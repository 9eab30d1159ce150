// The weights of a layer, forward and backward. Matrices are row-major, with four values in a vector.
// Each thread computes a block of 4 by 4, because loading vectors is cheap and loading single
// values is not.
struct Layer {
  rows: u32,     // digits / 4
  inputs: u32,   // inputs / 4
  outputs: u32,  // outputs / 4
  weights: u32,  // offset of the weights [inputs, outputs], in vectors
  // For fused.wgsl, also in vectors:
  biases: u32,        // offset of the biases [outputs]
  learned: u32,       // offset of the activation's learned parameters [outputs]
  input_biases: u32,  // offset of the biases of the layer before
}

@group(0) @binding(0) var<uniform> layer: Layer;
@group(0) @binding(1) var<storage, read> parameters: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> grad_output: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4<f32>>;

// Loads a block of the weights. Rows and columns are counted in fours. Each column of the result
// holds a row of the block.
fn weights_block(row: u32, column: u32) -> mat4x4<f32> {
  let first = layer.weights + 4u * row * layer.outputs + column;
  return mat4x4<f32>(
    parameters[first],
    parameters[first + layer.outputs],
    parameters[first + 2u * layer.outputs],
    parameters[first + 3u * layer.outputs],
  );
}

// Computes a block of input * weights, row by row.
fn forward_block(row: u32, column: u32) -> array<vec4<f32>, 4> {
  var sums = array<vec4<f32>, 4>();
  for (var k = 0u; k < layer.inputs; k++) {
    let weights = weights_block(k, column);
    let first = 4u * row * layer.inputs + k;
    sums[0] += weights * input[first];
    sums[1] += weights * input[first + layer.inputs];
    sums[2] += weights * input[first + 2u * layer.inputs];
    sums[3] += weights * input[first + 3u * layer.inputs];
  }
  return sums;
}

// Computes a block of grad_output * transposed weights, row by row.
fn backward_block(row: u32, column: u32) -> array<vec4<f32>, 4> {
  var sums = array<vec4<f32>, 4>();
  for (var k = 0u; k < layer.outputs; k++) {
    let weights = weights_block(column, k);
    let first = 4u * row * layer.outputs + k;
    sums[0] += grad_output[first] * weights;
    sums[1] += grad_output[first + layer.outputs] * weights;
    sums[2] += grad_output[first + 2u * layer.outputs] * weights;
    sums[3] += grad_output[first + 3u * layer.outputs] * weights;
  }
  return sums;
}

// result = input * weights
@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x / layer.outputs;
  let column = id.x % layer.outputs;
  if (row >= layer.rows) {
    return;
  }
  let sums = forward_block(row, column);
  let first = 4u * row * layer.outputs + column;
  result[first] = sums[0];
  result[first + layer.outputs] = sums[1];
  result[first + 2u * layer.outputs] = sums[2];
  result[first + 3u * layer.outputs] = sums[3];
}

// grad_input = grad_output * transposed weights
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x / layer.inputs;
  let column = id.x % layer.inputs;
  if (row >= layer.rows) {
    return;
  }
  let sums = backward_block(row, column);
  let first = 4u * row * layer.inputs + column;
  result[first] = sums[0];
  result[first + layer.inputs] = sums[1];
  result[first + 2u * layer.inputs] = sums[2];
  result[first + 3u * layer.inputs] = sums[3];
}

// grad_weights = transposed input * grad_output
@compute @workgroup_size(64)
fn backward_weights(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x / layer.outputs;
  let column = id.x % layer.outputs;
  if (row >= layer.inputs) {
    return;
  }
  var sums = mat4x4<f32>();
  for (var k = 0u; k < 4u * layer.rows; k++) {
    let x = input[k * layer.inputs + row];
    let grad = grad_output[k * layer.outputs + column];
    sums += mat4x4<f32>(grad * x.x, grad * x.y, grad * x.z, grad * x.w);
  }
  let first = layer.weights + 4u * row * layer.outputs + column;
  result[first] = sums[0];
  result[first + layer.outputs] = sums[1];
  result[first + 2u * layer.outputs] = sums[2];
  result[first + 3u * layer.outputs] = sums[3];
}

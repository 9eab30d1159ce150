// The kernels of matrix.wgsl with bias and activation fused in: they are applied to sums before
// these leave the registers. fused(x, bias, learned) and fused_gradient(x, bias, grad_output) come
// from kernels.rs and call the library's WGSL functions.
@group(0) @binding(5) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> x: array<vec4<f32>>;

fn fused_vector(x: vec4<f32>, bias: vec4<f32>, learned: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(
    fused(x.x, bias.x, learned.x),
    fused(x.y, bias.y, learned.y),
    fused(x.z, bias.z, learned.z),
    fused(x.w, bias.w, learned.w),
  );
}

fn fused_gradient_vector(x: vec4<f32>, bias: vec4<f32>, grad: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(
    fused_gradient(x.x, bias.x, grad.x),
    fused_gradient(x.y, bias.y, grad.y),
    fused_gradient(x.z, bias.z, grad.z),
    fused_gradient(x.w, bias.w, grad.w),
  );
}

// result = input * weights, which the backward pass needs, and output = activation(result + biases)
@compute @workgroup_size(64)
fn forward_fused(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x / layer.outputs;
  let column = id.x % layer.outputs;
  if (row >= layer.rows) {
    return;
  }
  let sums = forward_block(row, column);
  let biases = parameters[layer.biases + column];
  let learned = parameters[layer.learned + column];
  let first = 4u * row * layer.outputs + column;
  result[first] = sums[0];
  result[first + layer.outputs] = sums[1];
  result[first + 2u * layer.outputs] = sums[2];
  result[first + 3u * layer.outputs] = sums[3];
  output[first] = fused_vector(sums[0], biases, learned);
  output[first + layer.outputs] = fused_vector(sums[1], biases, learned);
  output[first + 2u * layer.outputs] = fused_vector(sums[2], biases, learned);
  output[first + 3u * layer.outputs] = fused_vector(sums[3], biases, learned);
}

// result = (grad_output * transposed weights) * activation'(x + biases), where the layer's input is
// activation(x + biases)
@compute @workgroup_size(64)
fn backward_input_fused(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x / layer.inputs;
  let column = id.x % layer.inputs;
  if (row >= layer.rows) {
    return;
  }
  let sums = backward_block(row, column);
  let biases = parameters[layer.input_biases + column];
  let first = 4u * row * layer.inputs + column;
  result[first] = fused_gradient_vector(x[first], biases, sums[0]);
  result[first + layer.inputs] = fused_gradient_vector(x[first + layer.inputs], biases, sums[1]);
  result[first + 2u * layer.inputs] = fused_gradient_vector(x[first + 2u * layer.inputs], biases, sums[2]);
  result[first + 3u * layer.inputs] = fused_gradient_vector(x[first + 3u * layer.inputs], biases, sums[3]);
}

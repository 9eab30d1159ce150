// Computes on a WebGPU device what the package has made, and compares with JavaScript's own Math. It runs in Node on Dawn and in
// browsers.
import { expression, switchWgsl, wgsl } from 'wgsl-activations';

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
// Each function, its derivative, and what they are.
const CASES = [
  ['my_tanh(x)', Math.tanh],
  ['my_tanh_derivative(x)', (x) => 1 / Math.cosh(x) ** 2],
  ['my_silu(x)', (x) => x * sigmoid(x)],
  ['my_softplus(x)', (x) => (x > 20 ? x : Math.log1p(Math.exp(x)))],
  ['my_softplus_derivative(x)', (x) => (x > 20 ? 1 : sigmoid(x))],
  ['half_elu(x)', (x) => (x > 0 ? x : 0.5 * Math.expm1(x))],
  ['half_elu_vec4(vec4(x)).w', (x) => (x > 0 ? x : 0.5 * Math.expm1(x))],
  ['my_swiglu(2.0, x)', (x) => 2 * x * sigmoid(x)],
  ['my_expression(x)', (x) => x * sigmoid(1.5 * x)],
  // The third function of the switch.
  ['choice_activate(2u, x)', (x) => (x > 0 ? x : Math.fround(0.2) * x)],
];
const XS = [0, -0, 1e-6, -1e-6, 0.3, -0.7, 1, -1.5, 3, -4, 12.5, -17, 25, -30, 60, -80];

const CODE = `${wgsl(['tanh', 'silu', 'softplus', 'swiglu'])}
${wgsl('elu(alpha=0.5)', { prefix: 'half_', vec4: true, forward: true })}
${expression('x * sigmoid(1.5 * x)', { forward: true }).wgsl.replaceAll('my_', 'their_').replace('their_expression', 'my_expression')}
${switchWgsl(['relu', 'tanh', 'leaky_relu(0.2)'], { prefix: 'choice_', forward: true }).wgsl}
@group(0) @binding(0) var<storage, read_write> values: array<array<f32, ${XS.length}>>;

@compute @workgroup_size(${XS.length})
fn main(@builtin(local_invocation_index) i: u32) {
  let x = values[0][i];
${CASES.map(([call], k) => `  values[${k + 1}][i] = ${call};`).join('\n')}
}`;

// Returns what is wrong: nothing, if all is well.
export async function complaints(device) {
  const size = 4 * XS.length * (CASES.length + 1);
  const values = device.createBuffer({ size, usage: 0x8 | 0x4 | 0x80 }); // COPY_DST, COPY_SRC, STORAGE
  const staging = device.createBuffer({ size, usage: 0x1 | 0x8 }); // MAP_READ, COPY_DST
  device.queue.writeBuffer(values, 0, Float32Array.from(XS));
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: CODE }) },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [{ binding: 0, resource: { buffer: values } }];
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(values, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const got = new Float32Array(staging.getMappedRange());
  return CASES.flatMap(([call, wanted], k) => XS.flatMap((exact, i) => {
    const [result, x] = [got[(k + 1) * XS.length + i], Math.fround(exact)];
    // 4 ulp; and what is below every normal number may be flushed.
    const bound = 4 * 2 ** -23 * Math.abs(wanted(x)) + 2 ** -126;
    return Math.abs(result - wanted(x)) <= bound ? [] : [`${call} at ${x}: ${result}, not ${wanted(x)}`];
  }));
}

// A device of Dawn's on the adapter that EXPECTED_ADAPTER names, and what programs do with it. They must end with process.exit(): Dawn
// keeps node running.
import { create, globals } from 'webgpu';

export const { GPUBufferUsage, GPUMapMode } = globals;

const { EXPECTED_ADAPTER: expected = '' } = process.env;
// Global, since Dawn crashes once this is garbage.
globalThis.gpu = create(['backend=vulkan']);
const adapter = await gpu.requestAdapter();
const description = adapter?.info.description ?? 'no adapter';
if (!adapter || !description.includes(expected)) {
  console.error(`error: EXPECTED_ADAPTER is ${expected}, but this is ${description}`);
  process.exit(1);
}
console.log(`Dawn on ${description}`);
export const device = await adapter.requestDevice();
device.addEventListener('uncapturederror', ({ error }) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});

export function storage(values) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const buffer = device.createBuffer({ size: values.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, values);
  return buffer;
}

// One dispatch with buffers at these bindings; what it leaves in `output`.
export async function compute(pipeline, buffers, workgroups, output) {
  const entries = Object.entries(buffers).map(([binding, buffer]) => ({ binding: Number(binding), resource: { buffer } }));
  const staging = device.createBuffer({ size: output.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(workgroups);
  pass.end();
  encoder.copyBufferToBuffer(output, 0, staging, 0, output.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const got = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return got;
}

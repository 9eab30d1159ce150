import { readFileSync } from 'node:fs';

const read = (file) => readFileSync(new URL(file, import.meta.url), 'utf8');

export function dense(device) {
  const module = device.createShaderModule({ code: read('gelu.wgsl') + read('dense.wgsl') });
  return device.createComputePipeline({ layout: 'auto', compute: { module } });
}

// Compiles every WGSL module in a folder with Tint, through Dawn: node check.mjs FOLDER
// No driver takes part. A warning fails as an error does.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'webgpu';

const [folder] = process.argv.slice(2);
// Global, since Dawn crashes once this is garbage.
globalThis.gpu = create(['backend=null']);
const adapter = await gpu.requestAdapter();
const device = await adapter.requestDevice();

const files = readdirSync(folder).filter((file) => file.endsWith('.wgsl'));
let pipelines = 0;
let complaints = 0;
for (const file of files) {
  const code = readFileSync(join(folder, file), 'utf8');
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  const entryPoints = [...code.matchAll(/@compute[^{]*?\bfn\s+(\w+)/g)].map((match) => match[1]);
  for (const entryPoint of entryPoints) {
    device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint } });
    pipelines += 1;
  }
  const error = await device.popErrorScope();
  for (const { type, lineNum, linePos, message } of messages) {
    console.error(`${file}:${lineNum}:${linePos}: ${type}: ${message}`);
  }
  if (error && !messages.some(({ type }) => type === 'error')) {
    console.error(`${file}: error: ${error.message}`);
  }
  if (!entryPoints.length) {
    console.error(`${file}: error: no entry points`);
  }
  complaints += error || messages.length || !entryPoints.length ? 1 : 0;
}
console.log(`Tint: ${files.length} modules, ${pipelines} entry points, ${complaints} modules with complaints`);
// Dawn keeps node running.
process.exit(files.length && !complaints ? 0 : 1);

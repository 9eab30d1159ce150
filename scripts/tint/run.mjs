// Runs kernels on Dawn and compares with the f64 references: node run.mjs FOLDER, with VK_DRIVER_FILES and EXPECTED_ADAPTER.
// The folder comes from the test `modules_are_written_out` in src/wgsl/kernel/tests.rs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compute, device, GPUBufferUsage, storage } from './device.mjs';

// The project's contract, as in tests/gpu/numerics/accuracy.rs.
const ULPS = 4;

const [folder] = process.argv.slice(2);
const read = (file) => readFileSync(join(folder, file));
const numbers = (Type, file) => new Type(new Uint8Array(read(file)).buffer);

const x = numbers(Float32Array, 'x.f32');
const xBuffer = storage(x);
const onesBuffer = storage(new Float32Array(x.length).fill(1));
const output = storage(new Float32Array(x.length));
// `Uniforms` in shaders/kernels/uniforms.wgsl. All fields are 0 except `count`, which is the first, and `parameters`. So both
// vectors of a thread are the same one.
const { workgroup, words: wordsOfUniforms, parameters: firstParameter, kernels } = JSON.parse(read('kernels.json'));
const uniforms = device.createBuffer({ size: 4 * wordsOfUniforms, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });

// The entry points: the elements that each counts as one.
const ENTRY_POINTS = { vectors: 4, elements: 1 };

async function run(name, entryPoint, parameters) {
  const count = x.length / ENTRY_POINTS[entryPoint];
  const words = new Uint32Array(wordsOfUniforms);
  words[0] = count;
  new Float32Array(words.buffer).set(parameters, firstParameter);
  device.queue.writeBuffer(uniforms, 0, words);
  const module = device.createShaderModule({ code: read(`${name} ${entryPoint}.wgsl`).toString() });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint } });
  const buffers = { 0: uniforms, 1: output, 2: xBuffer, ...(name.includes(' backward') && { 3: onesBuffer }) };
  return compute(pipeline, buffers, Math.ceil(count / workgroup), output);
}

// The measure, as in examples/common/ulp.rs.
const SMALLEST_NORMAL = 2 ** -126;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;
const ulp = (value) => 2 ** (Math.max(-126, exponent(value)) - 23);
const view = new DataView(new ArrayBuffer(8));

function exponent(value) {
  view.setFloat64(0, value);
  return ((view.getUint16(0) >> 4) & 0x7ff) - 1023;
}

// `magnitude` is what the error is measured by where the wanted value is smaller.
function error(got, wanted, magnitude) {
  if (Object.is(got, wanted)) return 0;
  if (Number.isNaN(got) || Number.isNaN(wanted)) return Infinity;
  if (Math.abs(wanted) >= LARGEST + ulp(LARGEST) / 2 && got === Math.sign(wanted) * Infinity) return 0;
  const by = Math.max(magnitude, Math.abs(wanted));
  if (by === 0) return Infinity;
  const isFlushed = Math.abs(got - wanted) <= SMALLEST_NORMAL;
  if (by < SMALLEST_NORMAL || (Math.abs(wanted) < SMALLEST_NORMAL && isFlushed)) return isFlushed ? 0 : Infinity;
  return Math.abs(got - wanted) / ulp(by);
}

const show = (value) => (Object.is(value, -0) ? '-0' : String(value));

// The same kernels through naga, on this driver: `results_are_written_out` in src/wgsl/kernel/tests.rs.
const bits = (values) => new Uint32Array(values.buffer, values.byteOffset, values.length);
const different = [];

let failures = 0;
const runs = Object.entries(kernels).flatMap((kernel) => Object.keys(ENTRY_POINTS).map((entryPoint) => [...kernel, entryPoint]));
for (const [kernel, parameters, entryPoint] of runs) {
  const name = `${kernel} ${entryPoint}`;
  const truths = numbers(Float64Array, `${kernel}.f64`);
  const got = await run(kernel, entryPoint, parameters);
  const naga = numbers(Float32Array, `${name}.naga`);
  const [ofDawn, ofNaga] = [bits(got), bits(naga)];
  const count = got.reduce((sum, value, i) => sum + (ofDawn[i] !== ofNaga[i] && !(Number.isNaN(value) && Number.isNaN(naga[i]))), 0);
  if (count > 0) different.push(`${name} (${count})`);
  let worst = { off: 0 };
  for (let i = 0; i < x.length; i += 1) {
    // The value and its magnitude.
    const errorAt = (at) => error(got[i], truths[2 * at], truths[2 * at + 1]);
    let off = errorAt(i);
    if (x[i] !== 0 && Math.abs(x[i]) < SMALLEST_NORMAL) off = Math.min(off, errorAt(x[i] < 0 ? 1 : 0));
    if (off > worst.off) worst = { off, x: x[i], got: got[i], wanted: truths[2 * i] };
  }
  if (worst.off > ULPS) {
    failures += 1;
    console.error(`${name}: ${worst.off} ulp at x = ${show(worst.x)}: got ${show(worst.got)}, wanted ${show(worst.wanted)}`);
  }
}
console.log(`Dawn: ${x.length} inputs, ${failures} kernels past ${ULPS} ulp`);
// What compilers are free to change is held by fences: where the two differ, one is missing.
if (different.length) console.error(`error: on this driver naga gives other bits, in so many results: ${different.join(', ')}`);
else console.log("Dawn: naga's bits, in every result");
// Dawn keeps node running.
process.exit(failures || different.length ? 1 : 0);

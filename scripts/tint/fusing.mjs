// Runs the kernel of docs/fusing.md on Dawn: node fusing.mjs, with VK_DRIVER_FILES and EXPECTED_ADAPTER. dense.mjs and dense.wgsl are
// the guide's, and gelu.wgsl is what the guide says how to get.
import { compute, device, storage } from './device.mjs';
import { dense } from './dense.mjs';

const [rows, inputs, outputs] = [7, 48, 10];
// In steps of 1/8 sums are exact.
const values = (length, step) => Float32Array.from({ length }, (_, i) => ((i * step) % 17) / 8 - 1);
const [x, weights, bias] = [values(rows * inputs, 5), values(inputs * outputs, 7), values(outputs, 3)];
const y = storage(new Float32Array(rows * outputs));
const buffers = { 0: storage(x), 1: storage(weights), 2: storage(bias), 3: y };
const got = await compute(dense(device), buffers, Math.ceil((rows * outputs) / 64), y);

// a Phi(a) = a / 2 erfc(-a / sqrt(2)), by the series of erf, whose terms are positive, and for large -a by the continued fraction of erfc.
function gelu(a) {
  const z = Math.abs(a) / Math.SQRT2;
  let erfc;
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 100; n += 1) sum += term *= (2 * z * z) / (2 * n + 1);
    erfc = 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
  } else {
    let fraction = 0;
    for (let n = 200; n > 0; n -= 1) fraction = n / 2 / (z + fraction);
    erfc = Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction);
  }
  return (a / 2) * (a < 0 ? erfc : 2 - erfc);
}

let failures = 0;
got.forEach((value, i) => {
  let sum = bias[i % outputs];
  for (let k = 0; k < inputs; k += 1) sum += x[Math.floor(i / outputs) * inputs + k] * weights[k * outputs + (i % outputs)];
  const wanted = gelu(sum);
  // The bound of gelu; what is below every normal number may be flushed.
  if (!(Math.abs(value - wanted) <= 4 * Math.abs(wanted) * 2 ** -23 + 2 ** -126)) {
    failures += 1;
    console.error(`y[${i}]: got ${value}, wanted ${wanted}`);
  }
});
console.log(`Dawn: the kernel of docs/fusing.md, ${got.length} results, ${failures} wrong`);
process.exit(failures ? 1 : 0);

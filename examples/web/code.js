// The WGSL of what is chosen, and the program around it.

import { byId, copyButton, option, setOptions } from './dom.js';
import { drawn, label, onChange } from './state.js';

export function start() {
  byId('code-form').addEventListener('input', show);
  byId('code-form').addEventListener('submit', (event) => event.preventDefault());
  byId('language').addEventListener('input', show);
  copyButton(byId('copy-wgsl'), () => byId('wgsl').textContent);
  copyButton(byId('copy-around'), () => byId('around').textContent);
  onChange(() => {
    setOptions(
      byId('code-of'),
      drawn().map((entry) => option(entry.id, label(entry))),
    );
    byId('code-of').disabled = !drawn().length;
    show();
  });
}

function show() {
  const entry = drawn().find(({ id }) => String(id) === byId('code-of').value);
  let [wgsl, problem] = ['', ''];
  const [prefix, isVector] = [byId('prefix').value, byId('width').value === '4'];
  try {
    wgsl = entry ? entry.chosen.wgsl(prefix, isVector) : '';
    problem = entry ? '' : 'Choose a function, or type an expression.';
  } catch (error) {
    problem = error.message;
  }
  byId('code-problem').textContent = problem;
  byId('wgsl').textContent = wgsl;
  byId('around').textContent =
    wgsl && (byId('language').value === 'rust' ? rust(entry) : javascript(entry, prefix, isVector));
  for (const id of ['copy-wgsl', 'copy-around']) byId(id).disabled = !wgsl;
}

// Runs the function on all elements of a buffer. `wgsl` is the text above.
function javascript({ chosen, key, operands }, prefix, isVector) {
  const [type, suffix, width] = isVector ? ['vec4<f32>', '_vec4', 16] : ['f32', '', 4];
  const numbers = key ? {} : operands;
  const call = (name) =>
    name in numbers ? (isVector ? `vec4f(${decimal(numbers[name])})` : decimal(numbers[name])) : 'values[id.x]';
  const given = key ? 'values[id.x]' : [...chosen.allOperands].map(call).join(', ');
  return `const device = await (await navigator.gpu.requestAdapter()).requestDevice();
const module = device.createShaderModule({ code: wgsl + \`
@group(0) @binding(0) var<storage, read_write> values: array<${type}>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&values)) { values[id.x] = ${prefix}${key ? 'activation' : 'expression'}${suffix}(${given}); }
}\` });
const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
const buffer = device.createBuffer({ size: x.byteLength, usage });
device.queue.writeBuffer(buffer, 0, x); // a Float32Array
const entries = [{ binding: 0, resource: { buffer } }];
const encoder = device.createCommandEncoder();
const pass = encoder.beginComputePass();
pass.setPipeline(pipeline);
pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
pass.dispatchWorkgroups(Math.ceil(x.byteLength / ${64 * width}));
pass.end();
device.queue.submit([encoder.finish()]); // buffer has the results
`;
}

const decimal = (value) => (Number.isInteger(value) ? `${value}.0` : String(value));

function rust({ chosen, key, operands }) {
  if (key) {
    return `use wgpu_activations::{Activation, Gpu};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = Gpu::new_blocking()?;
    let activation: Activation = "${chosen.text}".parse()?;
    let x = gpu.upload(&[-2.0, -0.5, 0.0, 3.0], [2, 2])?;
    let grad_y = gpu.upload(&[1.0; 4], [2, 2])?;
    let y = gpu.forward(activation, &x)?;
    let grad_x = gpu.backward(activation, &x, &grad_y)?;
    println!("{:?}", gpu.read_blocking([&y, &grad_x])?);
    Ok(())
}
`;
  }
  const names = [...chosen.allOperands];
  const given = names.map((name) =>
    name in operands ? `("${name}", ${decimal(operands[name])}.into())` : `("${name}", Value::from(&x))`,
  );
  return `use wgpu_activations::{Expression, Gpu, Operands, Value};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = Gpu::new_blocking()?;
    let expression: Expression = "${chosen.text}".parse()?;
    let x = gpu.upload(&[-2.0, -0.5, 0.0, 3.0], [2, 2])?;
    let grad_y = gpu.upload(&[1.0; 4], [2, 2])?;
    let operands = Operands::from([${given.join(', ')}]);
    let y = gpu.evaluate(&expression, operands.clone())?;
    let [grad_x] = gpu.gradients(&expression, operands, &grad_y, ["${chosen.axis}"])?;
    println!("{:?}", gpu.read_blocking([&y, &grad_x])?);
    Ok(())
}
`;
}

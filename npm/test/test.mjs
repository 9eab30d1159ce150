// Tries the installed package. The .wgsl files are what `cargo run --example wgsl` prints.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { expression, list, switchWgsl, wgsl } from 'wgsl-activations';

const printed = (name) => readFileSync(new URL(`${name}.wgsl`, import.meta.url), 'utf8');
const refused = (call, message) => assert.throws(call, (error) => error instanceof Error && message.test(error.message));

const functions = ['gelu', 'elu(alpha=0.5)', 'swiglu', 'softmax'];
const options = { prefix: 'wa_', names: { gelu: 'mine' }, forward: true, vec4: true, f16: true };
assert.equal(wgsl(functions, options), printed('functions'));
assert.match(wgsl('elu', { parametersAsArguments: true }), /fn my_elu_derivative_alpha\(x: f32, alpha: f32\)/);
assert.doesNotMatch(wgsl('gelu', { derivative: true }), /fn my_gelu\(|_second_/);

const swish = expression('x * sigmoid(1.5 * x)');
assert.equal(swish.wgsl, printed('expression'));
assert.deepEqual(swish.operands, ['x']);
// The gradient is an expression, whose WGSL can be had, too.
const gradient = expression(swish.gradient('x'), { name: 'swish_gradient', forward: true });
assert.deepEqual(gradient.operands.toSorted(), ['grad_output', 'x']);
assert.match(gradient.wgsl, /fn swish_gradient\(/);
assert.equal(expression('exp(-1e-3) * x').gradient('x'), 'grad_output * 0.9990005');

const choice = switchWgsl(['relu', 'tanh', 'leaky_relu(0.2)']);
assert.equal(choice.wgsl, printed('switch'));
assert.deepEqual(choice.ids, { relu: 0, tanh: 1, 'leaky_relu(negative_slope=0.2)': 2 });

const table = list();
const elu = table.find(({ name }) => name === 'elu');
assert.deepEqual(elu.arguments, ['x', 'alpha']);
assert.equal(elu.parameters[0].default, 1);
assert.ok(elu.formula && elu.derivative && elu.aliases.length);
for (const { text } of table) assert.match(wgsl(text, { forward: true }), /^fn my_/m);
for (const { aliases } of table) for (const alias of aliases) assert.ok(wgsl(alias, { forward: true }));

refused(() => wgsl('gleu'), /did you mean `gelu`/);
refused(() => wgsl('sparsemax'), /is a function along an axis/);
refused(() => wgsl('cross_entropy'), /is a loss of rows/);
refused(() => wgsl('elu(beta=1)'), /no parameter `beta`/);
refused(() => wgsl('relu', { prefix: '1' }), /prefix/);
refused(() => wgsl('relu', { names: { relu: 'for' } }), /reserved, got `for`/);
refused(() => wgsl('relu', { names: { silu: 'f' } }), /there is no `silu` among/);
refused(() => wgsl('relu', { vec: true }), /there is no option `vec`/);
refused(() => wgsl([1]), /functions are strings, got 1/);
refused(() => wgsl([]), /function/);
refused(() => expression('x * sigmiod(x)'), /did you mean `sigmoid`/);
refused(() => swish.gradient('y'), /`y`/);
refused(() => switchWgsl(['swiglu']), /swiglu/);
refused(() => switchWgsl([]), /at least/);
// After an error all goes on.
assert.equal(wgsl(functions, options), printed('functions'));
console.log('npm: the package gives what the command line prints');

// TypeScript checks this against the types of the package; it does not run.
import { expression, list, switchWgsl, wgsl, type Options, type Signature } from 'wgsl-activations';

const options: Options = { prefix: 'wa_', vec4: true };
const text: string = wgsl(['gelu', 'swiglu'], { ...options, names: { gelu: 'mine' }, parametersAsArguments: true });
const gradient: string = expression('gelu(x + bias)', { name: 'layer' }).gradient('bias');
const id: number | undefined = switchWgsl(['relu', 'tanh'], options).ids['tanh'];
const units: Signature[] = list().filter(({ kind }) => kind === 'glu');
// @ts-expect-error: there is no such option.
wgsl('gelu', { vec: true });
// @ts-expect-error: functions are strings.
wgsl(1);
console.log(text, gradient, id, units);

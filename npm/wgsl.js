// The functions of the package. index.d.ts describes them.
import * as crate from './wgsl_activations.js';

// The options that are parts of all functions, as the crate's command line calls them.
const PARTS = {
  forward: 'forward',
  derivative: 'derivative',
  derivativeFromOutput: 'derivative-from-output',
  secondDerivative: 'second-derivative',
  parameterDerivatives: 'parameter-derivatives',
};
const SHARED = [...Object.keys(PARTS), 'prefix', 'vec4', 'f16'];

// An error for an option that does not exist: it would be ignored otherwise.
function check(options, allowed) {
  for (const option of Object.keys(options)) {
    if (!allowed.includes(option)) {
      throw new Error(`there is no option \`${option}\`: they are ${allowed.join(', ')}`);
    }
  }
}

function checkTexts(texts) {
  if (texts.length === 0) throw new Error('there must be a function at least, got none');
  for (const text of texts) {
    if (typeof text !== 'string') throw new Error(`functions are strings, got ${String(text)}`);
  }
}

// The text that `add` puts together.
function text(options, add) {
  const made = new crate.Export(options.prefix ?? 'my_');
  try {
    for (const [option, part] of Object.entries(PARTS)) {
      if (options[option]) made.part(part);
    }
    if (options.vec4) made.vec4();
    if (options.f16) made.f16();
    add(made);
    return made.text();
  } finally {
    made.free();
  }
}

export function wgsl(functions, options = {}) {
  check(options, [...SHARED, 'names', 'parametersAsArguments']);
  const { names = {}, parametersAsArguments = false } = options;
  const texts = [functions].flat();
  checkTexts(texts);
  for (const name of Object.keys(names)) {
    if (!texts.includes(name)) throw new Error(`names: there is no \`${name}\` among the functions`);
  }
  return text(options, (made) => {
    for (const one of texts) made.function(one, names[one], parametersAsArguments);
  });
}

export function expression(source, options = {}) {
  check(options, [...SHARED, 'name']);
  checkTexts([source]);
  return {
    operands: crate.operands(source),
    gradient: (operand) => crate.gradient(source, operand),
    wgsl: text(options, (made) => made.expression(source, options.name)),
  };
}

export function switchWgsl(activations, options = {}) {
  check(options, [...SHARED, 'name']);
  checkTexts(activations);
  return {
    ids: JSON.parse(crate.switchIds(activations)),
    wgsl: text(options, (made) => made.switch(activations, options.name)),
  };
}

export const list = () => JSON.parse(crate.signatures());
